/*
 * What the agent needs of Linux and QuickJS's own modules do not have. One function a system call, no policy:
 * each returns what the call returned, or -errno.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "native.h"

extern char **environ;

static int command_count;
static char **command_line;
static sigset_t original_mask;

void native_remember(int argc, char **argv)
{
    command_count = argc;
    command_line = argv;
}

static JSValue result(JSContext *ctx, int value)
{
    return JS_NewInt32(ctx, value < 0 ? -errno : value);
}

/* A blocked signal is queued even for PID 1, whose unhandled signals the kernel otherwise drops. */
static JSValue native_signals(JSContext *ctx, JSValueConst self, int argc, JSValueConst *argv)
{
    sigset_t all;
    (void)self, (void)argc, (void)argv;

    sigfillset(&all);
    /* Ignored by our parent, it would be ignored by us: children would be reaped before we could ask how they ended. */
    if (signal(SIGCHLD, SIG_DFL) == SIG_ERR || sigprocmask(SIG_SETMASK, &all, &original_mask) < 0)
        return result(ctx, -1);
    return result(ctx, signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK));
}

static JSValue native_subreaper(JSContext *ctx, JSValueConst self, int argc, JSValueConst *argv)
{
    (void)self, (void)argc, (void)argv;
    return result(ctx, prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0));
}

static JSValue native_inotify(JSContext *ctx, JSValueConst self, int argc, JSValueConst *argv)
{
    (void)self, (void)argc, (void)argv;
    return result(ctx, inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
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
    watch = inotify_add_watch(descriptor, path, IN_ONLYDIR | IN_CREATE | IN_MOVED_TO | IN_CLOSE_WRITE);
    JS_FreeCString(ctx, path);
    return result(ctx, watch);
}

/* posix_spawn reports the errno of a failed exec, and finds the command in the PATH of this very environment. */
static int spawn(pid_t *pid, char **command, int out, int err)
{
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t actions;
    int error;

    if ((error = posix_spawnattr_init(&attributes)))
        return error;
    if ((error = posix_spawn_file_actions_init(&actions))) {
        posix_spawnattr_destroy(&attributes);
        return error;
    }
    error = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
    if (!error)
        error = posix_spawnattr_setpgroup(&attributes, 0);
    if (!error)
        error = posix_spawnattr_setsigmask(&attributes, &original_mask);
    if (!error && out >= 0)
        error = posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    if (!error && err >= 0)
        error = posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
    if (!error)
        error = posix_spawnp(pid, command[0], &actions, &attributes, command, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return error;
}

/*
 * The terminal stops whoever reads from it outside of its foreground group. Our own SIGTTOU is blocked, so it lets us
 * choose that group also from outside of it.
 */
static int hand_terminal(pid_t from, pid_t to)
{
    return tcgetpgrp(STDIN_FILENO) == from && tcsetpgrp(STDIN_FILENO, to) == 0;
}

static JSValue native_spawn(JSContext *ctx, JSValueConst self, int argc, JSValueConst *argv)
{
    int32_t at, out, err;
    pid_t pid;
    int error;
    (void)self, (void)argc;

    if (JS_ToInt32(ctx, &at, argv[0]) || JS_ToInt32(ctx, &out, argv[1]) || JS_ToInt32(ctx, &err, argv[2]))
        return JS_EXCEPTION;
    if (at < 1 || at >= command_count)
        return JS_NewInt32(ctx, -EINVAL);
    error = spawn(&pid, command_line + at, out, err);
    /* It may have been stopped for reading before it was in the foreground. */
    if (!error && hand_terminal(getpgrp(), pid))
        kill(-pid, SIGCONT);
    return JS_NewInt32(ctx, error ? -error : pid);
}

static JSValue native_take_terminal(JSContext *ctx, JSValueConst self, int argc, JSValueConst *argv)
{
    int32_t group;
    (void)self, (void)argc;

    if (JS_ToInt32(ctx, &group, argv[0]))
        return JS_EXCEPTION;
    return JS_NewInt32(ctx, hand_terminal(group, getpgrp()));
}

/*
 * The tee: a thread, since a write to a full log pipe blocks, and the agent must hear signals and deadlines meanwhile.
 */
struct tee {
    int from, done;
    int to[2];
    int error[2];
    char buffer[1 << 16];
};

static int write_all(int descriptor, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t written = write(descriptor, bytes, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return errno;
        bytes += written;
        length -= written;
    }
    return 0;
}

static void *run_tee(void *opaque)
{
    struct tee *tee = opaque;
    ssize_t length;

    while ((length = read(tee->from, tee->buffer, sizeof tee->buffer)) > 0 || (length < 0 && errno == EINTR)) {
        /* After an error on one side the other still gets its copy, and the command is not held up. */
        for (int i = 0; i < 2 && length > 0; i++)
            if (!tee->error[i])
                tee->error[i] = write_all(tee->to[i], tee->buffer, length);
    }
    write_all(tee->done, (const char *)tee->error, sizeof tee->error);
    close(tee->done);
    close(tee->from);
    close(tee->to[1]);
    free(tee);
    return NULL;
}

static int start_tee(struct tee *tee)
{
    pthread_t thread;
    pthread_attr_t attributes;
    int error = pthread_attr_init(&attributes);

    if (error)
        return error;
    error = pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    if (!error)
        error = pthread_create(&thread, &attributes, run_tee, tee);
    pthread_attr_destroy(&attributes);
    return error;
}

static JSValue native_tee(JSContext *ctx, JSValueConst self, int argc, JSValueConst *argv)
{
    int32_t stream, file;
    int data[2], done[2], error;
    struct tee *tee;
    JSValue ends;
    (void)self, (void)argc;

    if (JS_ToInt32(ctx, &stream, argv[0]) || JS_ToInt32(ctx, &file, argv[1]))
        return JS_EXCEPTION;
    if (pipe2(data, O_CLOEXEC) < 0)
        return result(ctx, -1);
    if (pipe2(done, O_CLOEXEC) < 0) {
        error = errno;
        goto no_done;
    }
    tee = calloc(1, sizeof *tee);
    if (!tee) {
        error = ENOMEM;
        goto no_tee;
    }
    tee->from = data[0];
    tee->done = done[1];
    tee->to[0] = stream;
    tee->to[1] = file;
    error = start_tee(tee);
    if (error)
        goto no_thread;

    ends = JS_NewArray(ctx);
    if (JS_IsException(ends))
        return ends;
    if (JS_DefinePropertyValueUint32(ctx, ends, 0, JS_NewInt32(ctx, data[1]), JS_PROP_C_W_E) < 0 ||
        JS_DefinePropertyValueUint32(ctx, ends, 1, JS_NewInt32(ctx, done[0]), JS_PROP_C_W_E) < 0) {
        JS_FreeValue(ctx, ends);
        return JS_EXCEPTION;
    }
    return ends;

no_thread:
    free(tee);
no_tee:
    close(done[0]);
    close(done[1]);
no_done:
    close(data[0]);
    close(data[1]);
    return JS_NewInt32(ctx, -error);
}

static JSValue native_fsync(JSContext *ctx, JSValueConst self, int argc, JSValueConst *argv)
{
    int32_t descriptor;
    (void)self, (void)argc;

    if (JS_ToInt32(ctx, &descriptor, argv[0]))
        return JS_EXCEPTION;
    return result(ctx, fsync(descriptor));
}

static JSValue native_fchmod(JSContext *ctx, JSValueConst self, int argc, JSValueConst *argv)
{
    int32_t descriptor, mode;
    (void)self, (void)argc;

    if (JS_ToInt32(ctx, &descriptor, argv[0]) || JS_ToInt32(ctx, &mode, argv[1]))
        return JS_EXCEPTION;
    return result(ctx, fchmod(descriptor, mode));
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
    return result(ctx, changed);
}

static JSValue native_executable(JSContext *ctx, JSValueConst self, int argc, JSValueConst *argv)
{
    const char *path = (const char *)getauxval(AT_EXECFN);
    (void)self, (void)argc, (void)argv;

    return JS_NewString(ctx, path ? path : "");
}

static const JSCFunctionListEntry functions[] = {
    JS_CFUNC_DEF("signals", 0, native_signals),
    JS_CFUNC_DEF("subreaper", 0, native_subreaper),
    JS_CFUNC_DEF("inotify", 0, native_inotify),
    JS_CFUNC_DEF("watchDirectory", 2, native_watch_directory),
    JS_CFUNC_DEF("spawn", 3, native_spawn),
    JS_CFUNC_DEF("takeTerminal", 1, native_take_terminal),
    JS_CFUNC_DEF("tee", 2, native_tee),
    JS_CFUNC_DEF("fsync", 1, native_fsync),
    JS_CFUNC_DEF("fchmod", 2, native_fchmod),
    JS_CFUNC_DEF("chmod", 2, native_chmod),
    JS_CFUNC_DEF("executable", 0, native_executable),
};

static const int function_count = sizeof functions / sizeof *functions;

static int export_functions(JSContext *ctx, JSModuleDef *module)
{
    return JS_SetModuleExportList(ctx, module, functions, function_count);
}

JSModuleDef *native_init(JSContext *ctx, const char *name)
{
    JSModuleDef *module = JS_NewCModule(ctx, name, export_functions);

    if (module && JS_AddModuleExportList(ctx, module, functions, function_count) < 0)
        return NULL;
    return module;
}
