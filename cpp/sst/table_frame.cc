#include "lsmkit/sst/table_frame.h"

#include "lsmkit/bytes/error.h"

namespace lsmkit {
namespace {

constexpr std::string_view kFooterMagic = "lsmkEND\n";

// Pads with zeros and ends with the CRC of all that stands before it.
void close_frame(std::string& out, size_t bytes) {
  out.resize(bytes - 4, '\0');
  put_fixed32(out, crc32c(out));
}

void check_crc(std::string_view bytes, const char* what) {
  const std::string_view covered = bytes.substr(0, bytes.size() - 4);
  if (load_fixed<uint32_t>(bytes.data() + covered.size()) != crc32c(covered)) {
    throw DecodeError(std::string("its ") + what + " fails its checksum");
  }
}

void check_features(uint64_t required) {
  const uint64_t unknown = required & ~kKnownTableFeatures;
  if (unknown == 0) return;
  throw NotSupported("the table needs feature " + std::to_string(__builtin_ctzll(unknown)) +
                     ", which a newer lsmkit has");
}

void put_handle(std::string& out, const BlockHandle& handle) {
  put_fixed64(out, handle.offset);
  put_fixed64(out, handle.bytes);
}

BlockHandle take_handle(Decoder& d) {
  const uint64_t offset = d.take_fixed64();
  return {offset, d.take_fixed64()};
}

}  // namespace

std::string encode(const TableHeader& header) {
  std::string out(kTableMagic);
  put_fixed32(out, header.format_version);
  put_fixed32(out, 0);  // room
  put_fixed64(out, header.table_id);
  put_fixed64(out, header.database_id);
  put_fixed64(out, header.required_features);
  put_fixed64(out, header.optional_features);
  close_frame(out, kTableHeaderBytes);
  return out;
}

TableHeader decode_table_header(std::string_view bytes) {
  Decoder d(bytes);
  if (d.take(kTableMagic.size()) != kTableMagic) throw DecodeError("it is no lsmkit table");
  TableHeader out;
  out.format_version = d.take_fixed32();
  d.take_fixed32();
  out.table_id = d.take_fixed64();
  out.database_id = d.take_fixed64();
  out.required_features = d.take_fixed64();
  out.optional_features = d.take_fixed64();
  check_crc(bytes.substr(0, kTableHeaderBytes), "header");
  if (out.format_version > kTableFormatVersion) {
    throw NotSupported("the table has format " + std::to_string(out.format_version) +
                       ", written by a newer lsmkit (this one reads up to " +
                       std::to_string(kTableFormatVersion) + ")");
  }
  check_features(out.required_features);
  return out;
}

std::string encode(const TableFooter& footer) {
  std::string out;
  put_handle(out, footer.filter);
  put_handle(out, footer.index);
  put_handle(out, footer.properties);
  put_handle(out, footer.dictionary);
  put_fixed64(out, footer.table_id);
  put_fixed64(out, footer.required_features);
  put_fixed64(out, footer.optional_features);
  out.push_back(static_cast<char>(footer.index_depth));
  out.resize(kTableFooterBytes - 4 - kFooterMagic.size(), '\0');
  out.append(kFooterMagic);
  close_frame(out, kTableFooterBytes);
  return out;
}

TableFooter decode_table_footer(std::string_view bytes) {
  if (bytes.size() != kTableFooterBytes || bytes.substr(kTableFooterBytes - 4 - kFooterMagic.size(),
                                                        kFooterMagic.size()) != kFooterMagic) {
    throw DecodeError("it does not end as a table does");
  }
  check_crc(bytes, "footer");
  Decoder d(bytes);
  TableFooter out;
  out.filter = take_handle(d);
  out.index = take_handle(d);
  out.properties = take_handle(d);
  out.dictionary = take_handle(d);
  out.table_id = d.take_fixed64();
  out.required_features = d.take_fixed64();
  out.optional_features = d.take_fixed64();
  out.index_depth = d.take_byte();
  check_features(out.required_features);
  if (out.index_depth < 1 || out.index_depth > 2) throw DecodeError("an index of impossible depth");
  return out;
}

}  // namespace lsmkit
