// The stable functions of libzstd that we call, for machines that carry the library (libzstd.so.1)
// but not its headers. All are exported since zstd 1.4; all but ZSTD_sizeof_DDict are of its stable
// API.
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
struct ZSTD_CDict_s;
struct ZSTD_DDict_s;
using ZSTD_CDict = ZSTD_CDict_s;
using ZSTD_DDict = ZSTD_DDict_s;
ZSTD_CDict* ZSTD_createCDict(const void* dictionary, size_t bytes, int level);
size_t ZSTD_freeCDict(ZSTD_CDict* dictionary);
size_t ZSTD_compress_usingCDict(ZSTD_CCtx* context, void* to, size_t to_bytes, const void* from,
                                size_t from_bytes, const ZSTD_CDict* dictionary);
ZSTD_DDict* ZSTD_createDDict(const void* dictionary, size_t bytes);
size_t ZSTD_freeDDict(ZSTD_DDict* dictionary);
size_t ZSTD_sizeof_DDict(const ZSTD_DDict* dictionary);
size_t ZSTD_decompress_usingDDict(ZSTD_DCtx* context, void* to, size_t to_bytes, const void* from,
                                  size_t from_bytes, const ZSTD_DDict* dictionary);
unsigned ZDICT_isError(size_t code);
size_t ZDICT_trainFromBuffer(void* dictionary, size_t dictionary_bytes, const void* samples,
                             const size_t* sample_bytes, unsigned sample_count);

}  // extern "C"
