#ifndef TASKFLOW_HEAP_H
#define TASKFLOW_HEAP_H

#include <stddef.h>

/* As malloc, free and realloc, for one thread; realloc to 0 frees. */
void *heap_malloc(size_t size);
void heap_free(void *block);
void *heap_realloc(void *block, size_t size);

/* How many bytes a block can hold: at least what was asked for. */
size_t heap_capacity(const void *block);

#endif
