/*
 * The memory of QuickJS: docs/decisions/0015-a-heap-of-our-own.md says why it is not left to malloc. Small blocks come
 * from one mapping whose pages are there at once, and are kept in lists by their size; all others are malloc's.
 * test/agent/heap.test.ts compares it with the C library's under the sanitizers.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "heap.h"

/* What the program needs before it waits; then what a long life may add, little by little. */
#define FIRST_MAPPING (256 << 10)
#define NEXT_MAPPING (32 << 10)

/* Blocks are aligned to, and come in multiples of, 16 bytes. Before each stands how many bytes it can hold. */
#define STEP ((size_t)16)
#define HEADER sizeof(size_t)
/* The capacity alone tells a small block from one of malloc's, which can always hold more. */
#define LARGEST_SMALL (1024 - HEADER)

/* Free blocks of each size; a free block begins with the address of the next. */
static void *free_blocks[(LARGEST_SMALL + HEADER) / STEP + 1];
/* What is left of the newest mapping; `unused + HEADER` is aligned. */
static char *unused;
static size_t unused_bytes;

static size_t *header_of(const void *block)
{
    return (size_t *)block - 1;
}

size_t heap_capacity(const void *block)
{
    return *header_of(block);
}

static int is_small(size_t capacity)
{
    return capacity <= LARGEST_SMALL;
}

/* The bytes that a small block takes with its header. */
static size_t whole_of(size_t size)
{
    return (size + HEADER + STEP - 1) / STEP * STEP;
}

static void *carve(size_t whole)
{
    char *block;

    if (unused_bytes < whole) {
        size_t length = unused ? NEXT_MAPPING : FIRST_MAPPING;
        int flags = MAP_PRIVATE | MAP_ANONYMOUS | (unused ? 0 : MAP_POPULATE);
        char *mapping = mmap(NULL, length, PROT_READ | PROT_WRITE, flags, -1, 0);

        if (mapping == MAP_FAILED)
            return NULL;
        unused = mapping + HEADER;
        unused_bytes = length - HEADER;
    }
    block = unused + HEADER;
    unused += whole;
    unused_bytes -= whole;
    *header_of(block) = whole - HEADER;
    return block;
}

/* Makes a large block, or changes the size of `old`, a large block too. */
static void *from_malloc(void *old, size_t size)
{
    char *memory = size > SIZE_MAX - STEP ? NULL : realloc(old ? (char *)old - STEP : NULL, size + STEP);

    if (!memory)
        return NULL;
    *header_of(memory + STEP) = size;
    return memory + STEP;
}

void *heap_malloc(size_t size)
{
    void **list, *block;

    if (!is_small(size))
        return from_malloc(NULL, size);
    /* Room for the address of the next free block. */
    if (size < sizeof(void *))
        size = sizeof(void *);
    list = &free_blocks[whole_of(size) / STEP];
    block = *list;
    if (!block)
        return carve(whole_of(size));
    *list = *(void **)block;
    return block;
}

void heap_free(void *block)
{
    void **list;

    if (!block)
        return;
    if (!is_small(heap_capacity(block))) {
        free((char *)block - STEP);
        return;
    }
    list = &free_blocks[whole_of(heap_capacity(block)) / STEP];
    *(void **)block = *list;
    *list = block;
}

void *heap_realloc(void *block, size_t size)
{
    size_t had;
    void *moved;

    if (!block)
        return heap_malloc(size);
    if (size == 0) {
        heap_free(block);
        return NULL;
    }
    had = heap_capacity(block);
    if (!is_small(had) && !is_small(size))
        return from_malloc(block, size);
    if (is_small(had) && size <= had)
        return block;
    moved = heap_malloc(size);
    if (!moved)
        return NULL;
    memcpy(moved, block, had < size ? had : size);
    heap_free(block);
    return moved;
}
