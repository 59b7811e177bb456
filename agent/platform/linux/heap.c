/*
 * The memory of QuickJS. While it starts, musl's malloc would ask the kernel for 4 to 16 KB at a time, and every page
 * of that is a fault of its own: together more than all the rest of the agent's start takes. Here the first part is
 * one mapping that is there at once, and small blocks are kept in lists by their size.
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

/* Blocks come in steps of 16 bytes up to 1 KB, then in powers of two; larger ones are malloc's. */
#define STEP 16
#define STEPS_UP_TO 1024
#define LARGEST 8192
#define CLASSES (STEPS_UP_TO / STEP + 4)

/* Before each block stands the size that it can hold, which is even but for blocks of malloc's. */
#define HEADER sizeof(size_t)
#define FROM_MALLOC ((size_t)1)

struct block {
    size_t capacity;
    struct block *next_free;
};

static struct block *free_blocks[CLASSES];
static char *unused, *unused_end;

/* The class of blocks that hold `size` bytes, and in `whole` what one takes with its header. */
static int class_of(size_t size, size_t *whole)
{
    size_t needed = (size + HEADER + STEP - 1) & ~(size_t)(STEP - 1);
    int class = STEPS_UP_TO / STEP + 1;

    if (needed <= STEPS_UP_TO) {
        *whole = needed;
        return needed / STEP;
    }
    for (*whole = 2 * STEPS_UP_TO; *whole < needed; *whole *= 2)
        class++;
    return class;
}

static struct block *carve(size_t whole)
{
    struct block *block;

    if ((size_t)(unused_end - unused) < whole) {
        size_t length = unused ? NEXT_MAPPING : FIRST_MAPPING;
        int flags = MAP_PRIVATE | MAP_ANONYMOUS | (unused ? 0 : MAP_POPULATE);
        char *mapping = mmap(NULL, length, PROT_READ | PROT_WRITE, flags, -1, 0);

        if (mapping == MAP_FAILED)
            return NULL;
        /* So that what follows a header is aligned as malloc's blocks are. */
        unused = mapping + HEADER;
        unused_end = mapping + length;
    }
    block = (struct block *)unused;
    unused += whole;
    return block;
}

static void *from_malloc(size_t size)
{
    size_t *memory = size > SIZE_MAX - STEP ? NULL : malloc(size + STEP);

    if (!memory)
        return NULL;
    memory[1] = size | FROM_MALLOC;
    return memory + 2;
}

static size_t *header_of(const void *memory)
{
    return (size_t *)memory - 1;
}

static size_t heap_capacity(const void *memory)
{
    return *header_of(memory) & ~FROM_MALLOC;
}

static void *heap_malloc(JSMallocState *state, size_t size)
{
    size_t whole;
    int class;
    struct block *block;
    (void)state;

    if (size > LARGEST - HEADER)
        return from_malloc(size);
    class = class_of(size, &whole);
    block = free_blocks[class];
    if (block) {
        free_blocks[class] = block->next_free;
    } else {
        block = carve(whole);
        if (!block)
            return NULL;
        block->capacity = whole - HEADER;
    }
    return &block->next_free;
}

static void heap_free(JSMallocState *state, void *memory)
{
    struct block *block;
    size_t whole;
    int class;
    (void)state;

    if (!memory)
        return;
    if (*header_of(memory) & FROM_MALLOC) {
        free((size_t *)memory - 2);
        return;
    }
    block = (struct block *)header_of(memory);
    class = class_of(block->capacity, &whole);
    block->next_free = free_blocks[class];
    free_blocks[class] = block;
}

static void *heap_realloc(JSMallocState *state, void *memory, size_t size)
{
    size_t had;
    void *moved;

    if (!memory)
        return heap_malloc(state, size);
    if (size == 0) {
        heap_free(state, memory);
        return NULL;
    }
    had = heap_capacity(memory);
    if (size <= had && !(*header_of(memory) & FROM_MALLOC))
        return memory;
    moved = heap_malloc(state, size);
    if (!moved)
        return NULL;
    memcpy(moved, memory, had < size ? had : size);
    heap_free(state, memory);
    return moved;
}

const JSMallocFunctions heap = {heap_malloc, heap_free, heap_realloc, heap_capacity};
