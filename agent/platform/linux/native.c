/*
 * What the agent needs of Linux and QuickJS's own modules do not have: the module `qjs:taskflow`. One function a
 * system call, no policy: each returns what the call returned, or -errno.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/auxv.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "binding.h"
#include "native.h"

int native_argc;
char **native_argv;

void native_remember(int argc, char **argv)
{
    native_argc = argc;
    native_argv = argv;
}

JSValue native_result(JSContext *ctx, int value)
{
    return JS_NewInt32(ctx, value < 0 ? -errno : value);
}

static JSValue idle;

static JSValue native_on_idle(JSContext *ctx, JSValueConst self, int argc, JSValueConst *argv)
{
    (void)self, (void)argc;

    JS_FreeValue(ctx, idle);
    idle = JS_DupValue(ctx, argv[0]);
    return JS_UNDEFINED;
}

int native_wait(JSContext *ctx)
{
    JSValue value = JS_Call(ctx, idle, JS_UNDEFINED, 0, NULL);

    JS_FreeValue(ctx, value);
    return JS_IsException(value) ? -1 : 0;
}

static JSValue native_poll(JSContext *ctx, JSValueConst self, int argc, JSValueConst *argv)
{
    size_t bytes;
    int32_t ms;
    uint8_t *entries = JS_GetArrayBuffer(ctx, &bytes, argv[0]);
    (void)self, (void)argc;

    if (!entries || JS_ToInt32(ctx, &ms, argv[1]))
        return JS_EXCEPTION;
    return native_result(ctx, poll((struct pollfd *)entries, bytes / sizeof(struct pollfd), ms));
}

static JSValue native_subreaper(JSContext *ctx, JSValueConst self, int argc, JSValueConst *argv)
{
    (void)self, (void)argc, (void)argv;
    return native_result(ctx, prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0));
}

static JSValue native_inotify(JSContext *ctx, JSValueConst self, int argc, JSValueConst *argv)
{
    (void)self, (void)argc, (void)argv;
    return native_result(ctx, inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
}

static JSValue native_watch_directory(JSContext *ctx, JSValueConst self, int argc, JSValueConst *argv)
{
    int32_t descriptor;
    const char *path;
    int watch;
    (void)self, (void)argc;

    if (JS_ToInt32(ctx, &descriptor, argv[0]))
        return JS_EXCEPTION;
    path = JS_ToCString(ctx, argv[1]);
    if (!path)
        return JS_EXCEPTION;
    watch = inotify_add_watch(descriptor, path,
                              IN_ONLYDIR | IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_CLOSE_WRITE);
    JS_FreeCString(ctx, path);
    return native_result(ctx, watch);
}

static JSValue native_close_on_exec(JSContext *ctx, JSValueConst self, int argc, JSValueConst *argv)
{
    int32_t descriptor;
    (void)self, (void)argc;

    if (JS_ToInt32(ctx, &descriptor, argv[0]))
        return JS_EXCEPTION;
    return native_result(ctx, fcntl(descriptor, F_SETFD, FD_CLOEXEC));
}

static JSValue native_fsync(JSContext *ctx, JSValueConst self, int argc, JSValueConst *argv)
{
    int32_t descriptor;
    (void)self, (void)argc;

    if (JS_ToInt32(ctx, &descriptor, argv[0]))
        return JS_EXCEPTION;
    return native_result(ctx, fsync(descriptor));
}

static JSValue native_fchmod(JSContext *ctx, JSValueConst self, int argc, JSValueConst *argv)
{
    int32_t descriptor, mode;
    (void)self, (void)argc;

    if (JS_ToInt32(ctx, &descriptor, argv[0]) || JS_ToInt32(ctx, &mode, argv[1]))
        return JS_EXCEPTION;
    return native_result(ctx, fchmod(descriptor, mode));
}

static JSValue native_chmod(JSContext *ctx, JSValueConst self, int argc, JSValueConst *argv)
{
    const char *path;
    int32_t mode;
    int changed;
    (void)self, (void)argc;

    if (JS_ToInt32(ctx, &mode, argv[1]))
        return JS_EXCEPTION;
    path = JS_ToCString(ctx, argv[0]);
    if (!path)
        return JS_EXCEPTION;
    changed = chmod(path, mode);
    JS_FreeCString(ctx, path);
    return native_result(ctx, changed);
}

static JSValue native_executable(JSContext *ctx, JSValueConst self, int argc, JSValueConst *argv)
{
    const char *path = (const char *)getauxval(AT_EXECFN);
    (void)self, (void)argc, (void)argv;

    return JS_NewString(ctx, path ? path : "");
}

static JSValue native_architecture(JSContext *ctx, JSValueConst self, int argc, JSValueConst *argv)
{
    (void)self, (void)argc, (void)argv;
#if defined(__x86_64__)
    return JS_NewString(ctx, "amd64");
#elif defined(__aarch64__)
    return JS_NewString(ctx, "arm64");
#else
#error "say what images call this architecture"
#endif
}

static const JSCFunctionListEntry functions[] = {
    JS_CFUNC_DEF("signals", 0, native_signals),
    JS_CFUNC_DEF("onIdle", 1, native_on_idle),
    JS_CFUNC_DEF("poll", 2, native_poll),
    JS_CFUNC_DEF("subreaper", 0, native_subreaper),
    JS_CFUNC_DEF("inotify", 0, native_inotify),
    JS_CFUNC_DEF("watchDirectory", 2, native_watch_directory),
    JS_CFUNC_DEF("spawn", 4, native_spawn),
    JS_CFUNC_DEF("openPlain", 1, native_open_plain),
    JS_CFUNC_DEF("decode", 2, native_decode),
    JS_CFUNC_DEF("terminal", 0, native_terminal),
    JS_CFUNC_DEF("leadsSession", 0, native_leads_session),
    JS_CFUNC_DEF("reclaimTerminal", 1, native_reclaim_terminal),
    JS_CFUNC_DEF("takeDefault", 1, native_take_default),
    JS_CFUNC_DEF("bell", 0, native_bell),
    JS_CFUNC_DEF("tee", 3, native_tee),
    JS_CFUNC_DEF("unread", 1, native_unread),
    JS_CFUNC_DEF("closeOnExec", 1, native_close_on_exec),
    JS_CFUNC_DEF("fsync", 1, native_fsync),
    JS_CFUNC_DEF("fchmod", 2, native_fchmod),
    JS_CFUNC_DEF("chmod", 2, native_chmod),
    JS_CFUNC_DEF("executable", 0, native_executable),
    JS_CFUNC_DEF("architecture", 0, native_architecture),
};

static const int function_count = sizeof functions / sizeof *functions;

static int export_functions(JSContext *ctx, JSModuleDef *module)
{
    return JS_SetModuleExportList(ctx, module, functions, function_count);
}

JSModuleDef *native_init(JSContext *ctx, const char *name)
{
    JSModuleDef *module = JS_NewCModule(ctx, name, export_functions);

    idle = JS_UNDEFINED;
    if (module && JS_AddModuleExportList(ctx, module, functions, function_count) < 0)
        return NULL;
    return module;
}
