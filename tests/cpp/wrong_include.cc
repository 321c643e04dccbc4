// Must not compile: the planner stands below the open database.
#include "lsmkit/db/db.h"

int main() {}
