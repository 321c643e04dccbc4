// Must compile: the planner stands on rules.
#include "lsmkit/rules/flow.h"

int main() {}
