#ifndef TASKFLOW_HEAP_H
#define TASKFLOW_HEAP_H

#include "quickjs.h"

extern const JSMallocFunctions heap;

#endif
