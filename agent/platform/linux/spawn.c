/*
 * Starts commands, and hands them the terminal.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <unistd.h>

#include "binding.h"

extern char **environ;

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
        error = posix_spawnattr_setsigmask(&attributes, &native_original_mask);
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

static int length_of(JSContext *ctx, JSValueConst array, int32_t *length)
{
    JSValue value = JS_GetPropertyStr(ctx, array, "length");
    int failed = JS_ToInt32(ctx, length, value);

    JS_FreeValue(ctx, value);
    return failed;
}

/* What is not among our own arguments comes first, as strings; the rest is passed on byte for byte. */
JSValue native_spawn(JSContext *ctx, JSValueConst self, int argc, JSValueConst *argv)
{
    int32_t at, out, err, before, i;
    pid_t pid;
    int error;
    const char **command;
    JSValue result = JS_EXCEPTION;
    (void)self, (void)argc;

    if (JS_ToInt32(ctx, &at, argv[0]) || JS_ToInt32(ctx, &out, argv[1]) || JS_ToInt32(ctx, &err, argv[2]) ||
        length_of(ctx, argv[3], &before))
        return JS_EXCEPTION;
    if (at < 1 || at > native_argc || before + native_argc - at < 1)
        return JS_NewInt32(ctx, -EINVAL);
    command = js_mallocz(ctx, (before + native_argc - at + 1) * sizeof *command);
    if (!command)
        return JS_EXCEPTION;
    for (i = 0; i < before; i++) {
        JSValue word = JS_GetPropertyUint32(ctx, argv[3], i);
        command[i] = JS_ToCString(ctx, word);
        JS_FreeValue(ctx, word);
        if (!command[i])
            goto done;
    }
    /* With the terminating null pointer. */
    memcpy(command + before, native_argv + at, (native_argc - at + 1) * sizeof *command);
    error = spawn(&pid, (char **)command, out, err);
    /* It may have been stopped for reading before it was in the foreground. */
    if (!error && hand_terminal(getpgrp(), pid))
        kill(-pid, SIGCONT);
    result = JS_NewInt32(ctx, error ? -error : pid);
done:
    while (i-- > 0)
        JS_FreeCString(ctx, command[i]);
    js_free(ctx, command);
    return result;
}

JSValue native_take_terminal(JSContext *ctx, JSValueConst self, int argc, JSValueConst *argv)
{
    int32_t group;
    (void)self, (void)argc;

    if (JS_ToInt32(ctx, &group, argv[0]))
        return JS_EXCEPTION;
    return JS_NewInt32(ctx, hand_terminal(group, getpgrp()));
}
