/*
 * Runs the agent's bytecode. Unlike the main that qjsc writes, this one never ends with 0 by accident: only the
 * program itself says the exit code, by std.exit. An event loop that runs dry, an exception, a rejected promise
 * are the agent's own failure.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "heap.h"
#include "native.h"
#include "quickjs-libc.h"

#define AGENT_FAILED 125

/* Made by qjsc from the TypeScript. */
extern const uint32_t taskflow_agent_size;
extern const uint8_t taskflow_agent[];

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "taskflow-agent: %s\n", what);
    exit(AGENT_FAILED);
}

static _Noreturn void fail_with_exception(JSContext *ctx)
{
    js_std_dump_error(ctx);
    fail("internal error, please report it");
}

static int unhandled_rejections;

static JSValue fail_if_unhandled(JSContext *ctx, int argc, JSValueConst *argv)
{
    (void)argc;
    if (unhandled_rejections == 0)
        return JS_UNDEFINED;
    JS_Throw(ctx, JS_DupValue(ctx, argv[0]));
    fail_with_exception(ctx);
}

/* An async function that throws at once is rejected before its caller can await it: judge one job later. */
static void on_rejection(JSContext *ctx, JSValueConst promise, JSValueConst reason, JS_BOOL is_handled, void *opaque)
{
    (void)promise, (void)opaque;
    if (is_handled) {
        unhandled_rejections--;
        return;
    }
    unhandled_rejections++;
    if (JS_EnqueueJob(ctx, fail_if_unhandled, 1, &reason) < 0)
        fail_with_exception(ctx);
}

/* Only the parts of the language that the program uses; the rest is not linked. */
static JSContext *new_context(JSRuntime *runtime)
{
    JSContext *ctx = JS_NewContextRaw(runtime);

    if (!ctx)
        return NULL;
    JS_AddIntrinsicBaseObjects(ctx);
    JS_AddIntrinsicDate(ctx);
    JS_AddIntrinsicRegExpCompiler(ctx);
    JS_AddIntrinsicRegExp(ctx);
    JS_AddIntrinsicJSON(ctx);
    JS_AddIntrinsicMapSet(ctx);
    JS_AddIntrinsicTypedArrays(ctx);
    JS_AddIntrinsicPromise(ctx);
    if (libc_init(ctx) || !native_init(ctx, "qjs:taskflow"))
        return NULL;
    return ctx;
}

/*
 * A standard stream that was closed when we were started stays closed for us and the command, but its number is taken:
 * else a file of ours would get it, and what is written to standard error would land in that file.
 */
static void reserve_standard_streams(void)
{
    int descriptor;

    do
        descriptor = open("/", O_PATH | O_CLOEXEC);
    while (descriptor >= 0 && descriptor <= STDERR_FILENO);
    close(descriptor);
}

#ifdef __SANITIZE_ADDRESS__
/* The sanitizer can only watch over blocks that its own malloc gave. */
static JSRuntime *new_runtime(void)
{
    return JS_NewRuntime();
}
#else
static void *js_heap_malloc(JSMallocState *state, size_t size)
{
    (void)state;
    return heap_malloc(size);
}

static void js_heap_free(JSMallocState *state, void *block)
{
    (void)state;
    heap_free(block);
}

static void *js_heap_realloc(JSMallocState *state, void *block, size_t size)
{
    (void)state;
    return heap_realloc(block, size);
}

static JSRuntime *new_runtime(void)
{
    static const JSMallocFunctions functions = {js_heap_malloc, js_heap_free, js_heap_realloc, heap_capacity};
    return JS_NewRuntime2(&functions, NULL);
}
#endif

/* Not QuickJS's own loop: its select(2) takes no descriptor above 1023, and others than the agent's may come first. */
static _Noreturn void run(JSContext *ctx)
{
    JSContext *failed;
    int ran;

    do {
        while ((ran = JS_ExecutePendingJob(JS_GetRuntime(ctx), &failed)) > 0)
            ;
        if (ran < 0)
            fail_with_exception(failed);
    } while (native_wait(ctx) == 0);
    fail_with_exception(ctx);
}

int main(int argc, char **argv)
{
    JSRuntime *runtime;
    JSContext *ctx;
    JSValue module;

    /* First of all: what comes to PID 1 before it listens would be lost. */
    native_remember_signals();
    runtime = new_runtime();
    reserve_standard_streams();
    if (!runtime)
        fail("out of memory");
    js_std_init_handlers(runtime);
    JS_SetHostPromiseRejectionTracker(runtime, on_rejection, NULL);
    ctx = new_context(runtime);
    if (!ctx)
        fail("out of memory");
    native_remember(argc, argv);
    if (libc_arguments(ctx, argc, argv))
        fail("out of memory");

    module = JS_ReadObject(ctx, taskflow_agent, taskflow_agent_size, JS_READ_OBJ_BYTECODE);
    if (JS_IsException(module) || JS_ResolveModule(ctx, module) < 0)
        fail_with_exception(ctx);
    if (JS_IsException(JS_EvalFunction(ctx, module)))
        fail_with_exception(ctx);
    run(ctx);
}
