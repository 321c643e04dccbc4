// The stable functions of libzstd that we call, for machines that carry the library (libzstd.so.1)
// but not its headers. All are part of zstd's stable API since 1.4.
#pragma once

#include <cstddef>

extern "C" {

struct ZSTD_CCtx_s;
struct ZSTD_DCtx_s;
using ZSTD_CCtx = ZSTD_CCtx_s;
using ZSTD_DCtx = ZSTD_DCtx_s;

unsigned ZSTD_versionNumber(void);
unsigned ZSTD_isError(size_t code);
ZSTD_CCtx* ZSTD_createCCtx(void);
size_t ZSTD_freeCCtx(ZSTD_CCtx* context);
size_t ZSTD_compressCCtx(ZSTD_CCtx* context, void* to, size_t to_bytes, const void* from,
                         size_t from_bytes, int level);
ZSTD_DCtx* ZSTD_createDCtx(void);
size_t ZSTD_freeDCtx(ZSTD_DCtx* context);
size_t ZSTD_decompressDCtx(ZSTD_DCtx* context, void* to, size_t to_bytes, const void* from,
                           size_t from_bytes);
size_t ZDICT_trainFromBuffer(void* dictionary, size_t dictionary_bytes, const void* samples,
                             const size_t* sample_bytes, unsigned sample_count);

}  // extern "C"
