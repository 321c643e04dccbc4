// Our rules beside RocksDB's, leveled and universal, and LevelDB's, case by case.
// Prints a table, or JSON, and says which cases break a bound.
#pragma once

#include <string>
#include <vector>

#include "lockstep_run.h"

namespace lsmkit::bench {

// How far apart two trees may be, as shares of what the other one has.
inline constexpr double kMostWriteDifference = 0.03;
inline constexpr double kMostLevelDifference = 0.05;  // of a level that takes much of the writing
inline constexpr double kLevelTakesMuch = 0.05;       // as a share of all that is written
inline constexpr double kMostTableDifference = 0.10;  // of their number, on average over time
inline constexpr double kLeastSamePicks = 0.95;

struct MatrixAsked {
  LockstepWorkload workload;  // distribution and deletes are the cases' own
  LockstepShape shape;        // sizing and picker as well
  unsigned seeds = 1;         // from the workload's on; a case is their sum
  unsigned jobs = 1;          // cases at a time
  std::string filter;         // only cases whose name holds it
  std::string dir = ".";
  bool json = false;  // a line for each figure instead of the table
};

// Every sizing, picker and workload beside RocksDB, every workload beside its universal style and
// LevelDB; or, briefly, what RocksDB 7.8 does by default, and one case of its universal style.
// Returns a sentence for every bound that a case breaks. Throws std::invalid_argument if no case
// takes part.
std::vector<std::string> run_matrix(const MatrixAsked& asked, bool brief);

}  // namespace lsmkit::bench
