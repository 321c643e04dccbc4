// The highest images over all pages, seen from an LSN down.
#pragma once

#include <map>
#include <span>

#include "lsmkit/layered/layer.h"

namespace lsmkit {

class ImageSkyline {
 public:
  // Of the images at or below the LSN.
  ImageSkyline(std::span<const Layer> layers, Lsn lsn);

  // The lowest that the skyline is over these pages; 0 where there is no image.
  Lsn least(const PageRange& pages) const;

 private:
  std::map<PageNumber, Lsn> heights_;  // from the page to the next
};

}  // namespace lsmkit
