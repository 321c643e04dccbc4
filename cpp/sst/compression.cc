#include "lsmkit/sst/compression.h"

#include <new>

#include "lsmkit/bytes/error.h"

#if defined(LSMKIT_ZSTD_SYSTEM)
#include <zstd.h>
#elif defined(LSMKIT_ZSTD_RUNTIME)
#include "lsmkit/sst/zstd_runtime.h"
#endif

namespace lsmkit {
namespace {

[[noreturn, maybe_unused]] void lacks_zstd() {
  throw NotSupported(
      "this build of lsmkit has no zstd, so tables compressed with it can be neither read nor "
      "written; install libzstd-dev and lsmkit anew, or write with compression='none'");
}

}  // namespace

#if defined(LSMKIT_ZSTD_SYSTEM) || defined(LSMKIT_ZSTD_RUNTIME)

BlockCompressor::BlockCompressor(TableCodec codec, int level) : codec_(codec), level_(level) {
  if (codec_ == TableCodec::kZstd) {
    context_ = ZSTD_createCCtx();
    if (context_ == nullptr) throw std::bad_alloc();
  }
}

BlockCompressor::~BlockCompressor() {
  ZSTD_freeCCtx(static_cast<ZSTD_CCtx*>(context_));
}

std::string_view BlockCompressor::compress(std::string_view raw, TableCodec* used) {
  *used = TableCodec::kNone;
  if (codec_ == TableCodec::kNone) return raw;
  const size_t most = raw.size() - raw.size() / 8;
  if (buffer_.size() < most) buffer_.resize(most);
  const size_t bytes = ZSTD_compressCCtx(static_cast<ZSTD_CCtx*>(context_), buffer_.data(), most,
                                         raw.data(), raw.size(), level_);
  if (ZSTD_isError(bytes) || bytes >= most) return raw;  // did not fit: not worth it
  *used = codec_;
  return {buffer_.data(), bytes};
}

namespace {

struct DecompressionContext {
  ZSTD_DCtx* context = ZSTD_createDCtx();
  ~DecompressionContext() { ZSTD_freeDCtx(context); }
};

}  // namespace

bool decompress(TableCodec, std::string_view stored, char* raw, size_t raw_bytes) {
  thread_local DecompressionContext scratch;
  if (scratch.context == nullptr) throw std::bad_alloc();
  return ZSTD_decompressDCtx(scratch.context, raw, raw_bytes, stored.data(), stored.size()) ==
         raw_bytes;
}

ZstdBuildInfo zstd_build_info() {
#if defined(LSMKIT_ZSTD_SYSTEM)
  const char* source = "system";
#else
  const char* source = "runtime";
#endif
  const unsigned v = ZSTD_versionNumber();
  return {source, std::to_string(v / 10'000) + "." + std::to_string(v / 100 % 100) + "." +
                      std::to_string(v % 100)};
}

#else

BlockCompressor::BlockCompressor(TableCodec codec, int level) : codec_(codec), level_(level) {
  if (codec_ != TableCodec::kNone) lacks_zstd();
}
BlockCompressor::~BlockCompressor() = default;
std::string_view BlockCompressor::compress(std::string_view raw, TableCodec* used) {
  *used = TableCodec::kNone;
  return raw;
}
bool decompress(TableCodec, std::string_view, char*, size_t) {
  lacks_zstd();
}
ZstdBuildInfo zstd_build_info() {
  return {"off", ""};
}

#endif

}  // namespace lsmkit
