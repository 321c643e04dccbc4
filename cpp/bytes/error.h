// What can go wrong, as types. Python shows the same tree.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace lsmkit {

class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// The system refused: `code` is the errno, `path` the file it was about.
class IoError : public Error {
 public:
  IoError(int code, std::string path, std::string_view doing);
  int code() const { return code_; }
  const std::string& path() const { return path_; }

 private:
  int code_;
  std::string path_;
};

// Another process holds the directory; `pid` is 0 if unknown.
class LockedError : public Error {
 public:
  LockedError(std::string path, int64_t pid);
  const std::string& path() const { return path_; }
  int64_t pid() const { return pid_; }

 private:
  std::string path_;
  int64_t pid_;
};

// Bytes on disk are not what was written. Says which file, where, what was found and what was due.
class CorruptionError : public Error {
 public:
  CorruptionError(std::string file, uint64_t offset, std::string_view what);
  const std::string& file() const { return file_; }
  uint64_t offset() const { return offset_; }

 private:
  std::string file_;
  uint64_t offset_;
};

// A sync of the log or the MANIFEST failed: what stands un-synced may be lost in a power loss, so
// no further write is taken until the database is opened anew.
class DurabilityError : public Error {
 public:
  using Error::Error;
};

class InvalidArgument : public Error {
 public:
  using Error::Error;
};

class ReadOnlyError : public Error {
 public:
  using Error::Error;
};

class ClosedError : public Error {
 public:
  using Error::Error;
};

class ForkedError : public Error {
 public:
  using Error::Error;
};

// A write waited `stall_timeout` for room and found none; the text names the cause.
class StallTimeout : public Error {
 public:
  using Error::Error;
};

class NotSupported : public Error {
 public:
  using Error::Error;
};

// The caller asked a long call to stop (Ctrl-C); the engine is consistent and usable.
class Interrupted : public Error {
 public:
  Interrupted() : Error("interrupted") {}
};

// Thrown by decoders, which know neither file nor offset; whoever does turns it into
// CorruptionError.
class DecodeError : public Error {
 public:
  using Error::Error;
};

// Always on. For what the caller promises.
inline void ensure(bool ok, const char* sentence) {
  if (!ok) [[unlikely]]
    throw InvalidArgument(sentence);
}

// The bytes as text for an error message: printable, cut off after 48 bytes.
std::string printable(std::string_view bytes);

}  // namespace lsmkit
