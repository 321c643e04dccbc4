// What a job's inputs and outputs cost: the same for every kind of modelled tree.
#pragma once

#include <vector>

#include "lsmkit/sim/sim_job.h"

namespace lsmkit {

// Tables that pass are not read. Outputs, records and parts are for the caller to add.
JobCost cost_of_inputs(const CompactionPlan& plan, const std::vector<TableRef>& passed);
void add_outputs(JobCost& cost, const std::vector<TableRef>& outputs);

}  // namespace lsmkit
