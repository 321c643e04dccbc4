#include "lsmkit/sst/compression.h"

#include <new>

#include "lsmkit/bytes/error.h"
#include "lsmkit/format/stored_block.h"

#if defined(LSMKIT_ZSTD_SYSTEM)
#include <zdict.h>
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
  ZSTD_freeCDict(static_cast<ZSTD_CDict*>(dictionary_));
  ZSTD_freeCCtx(static_cast<ZSTD_CCtx*>(context_));
}

void BlockCompressor::use_dictionary(std::string_view dictionary) {
  dictionary_ = ZSTD_createCDict(dictionary.data(), dictionary.size(), level_);
  if (dictionary_ == nullptr) throw std::bad_alloc();
}

std::string_view BlockCompressor::compress(std::string_view raw, TableCodec* used) {
  *used = TableCodec::kNone;
  if (codec_ == TableCodec::kNone) return raw;
  const size_t most = most_stored_bytes(raw.size());
  if (buffer_.size() < most) buffer_.resize(most);
  auto* const context = static_cast<ZSTD_CCtx*>(context_);
  const size_t bytes =
      dictionary_ != nullptr
          ? ZSTD_compress_usingCDict(context, buffer_.data(), most, raw.data(), raw.size(),
                                     static_cast<ZSTD_CDict*>(dictionary_))
          : ZSTD_compressCCtx(context, buffer_.data(), most, raw.data(), raw.size(), level_);
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

std::string train_dictionary(const std::vector<std::string>& samples, size_t most_bytes) {
  std::string all, dictionary(most_bytes, '\0');
  std::vector<size_t> sizes;
  for (const std::string& sample : samples) {
    all += sample;
    sizes.push_back(sample.size());
  }
  const size_t bytes = ZDICT_trainFromBuffer(dictionary.data(), dictionary.size(), all.data(),
                                             sizes.data(), static_cast<unsigned>(sizes.size()));
  dictionary.resize(ZDICT_isError(bytes) ? 0 : bytes);
  return dictionary;
}

ReadDictionary::ReadDictionary(std::string_view bytes)
    : handle_(ZSTD_createDDict(bytes.data(), bytes.size())) {
  if (handle_ == nullptr) throw DecodeError("a dictionary that can't be");
}
ReadDictionary::~ReadDictionary() {
  ZSTD_freeDDict(static_cast<ZSTD_DDict*>(handle_));
}
uint64_t ReadDictionary::memory_bytes() const {
  return ZSTD_sizeof_DDict(static_cast<const ZSTD_DDict*>(handle_));
}

bool decompress(TableCodec, const ReadDictionary* dictionary, std::string_view stored, char* raw,
                size_t raw_bytes) {
  thread_local DecompressionContext scratch;
  if (scratch.context == nullptr) throw std::bad_alloc();
  const size_t bytes =
      dictionary != nullptr
          ? ZSTD_decompress_usingDDict(scratch.context, raw, raw_bytes, stored.data(),
                                       stored.size(),
                                       static_cast<const ZSTD_DDict*>(dictionary->handle()))
          : ZSTD_decompressDCtx(scratch.context, raw, raw_bytes, stored.data(), stored.size());
  return bytes == raw_bytes;
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
void BlockCompressor::use_dictionary(std::string_view) {
  lacks_zstd();
}
std::string train_dictionary(const std::vector<std::string>&, size_t) {
  return {};
}
// Tables whose blocks all stayed raw can be read all the same.
ReadDictionary::ReadDictionary(std::string_view) {}
ReadDictionary::~ReadDictionary() = default;
uint64_t ReadDictionary::memory_bytes() const {
  return 0;
}
bool decompress(TableCodec, const ReadDictionary*, std::string_view, char*, size_t) {
  lacks_zstd();
}
ZstdBuildInfo zstd_build_info() {
  return {"off", ""};
}

#endif

}  // namespace lsmkit
