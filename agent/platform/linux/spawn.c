/*
 * Starts commands.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <unistd.h>

#include "binding.h"
#include "native.h"

extern char **environ;

/* posix_spawn reports the errno of a failed exec, and finds the command in the PATH of this very environment. */
static int spawn(pid_t *pid, char **command, int own_group, int out, int err)
{
    short flags = POSIX_SPAWN_SETSIGMASK | (own_group ? POSIX_SPAWN_SETPGROUP : 0);
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t actions;
    int error;

    if ((error = posix_spawnattr_init(&attributes)))
        return error;
    if ((error = posix_spawn_file_actions_init(&actions))) {
        posix_spawnattr_destroy(&attributes);
        return error;
    }
    error = posix_spawnattr_setflags(&attributes, flags);
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
    /* musl has put back the mask as it knows it: without its own signals. */
    native_block_signals();
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return error;
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
    int32_t at, own_group, out, err, before, i;
    pid_t pid;
    int error;
    const char **command;
    JSValue result = JS_EXCEPTION;
    (void)self, (void)argc;

    if (JS_ToInt32(ctx, &at, argv[0]) || JS_ToInt32(ctx, &own_group, argv[1]) || JS_ToInt32(ctx, &out, argv[2]) ||
        JS_ToInt32(ctx, &err, argv[3]) || length_of(ctx, argv[4], &before))
        return JS_EXCEPTION;
    if (at < 1 || at > native_argc || before + native_argc - at < 1)
        return JS_NewInt32(ctx, -EINVAL);
    command = js_mallocz(ctx, (before + native_argc - at + 1) * sizeof *command);
    if (!command)
        return JS_EXCEPTION;
    for (i = 0; i < before; i++) {
        JSValue word = JS_GetPropertyUint32(ctx, argv[4], i);
        command[i] = JS_ToCString(ctx, word);
        JS_FreeValue(ctx, word);
        if (!command[i])
            goto done;
    }
    /* With the terminating null pointer. */
    memcpy(command + before, native_argv + at, (native_argc - at + 1) * sizeof *command);
    error = spawn(&pid, (char **)command, own_group, out, err);
    result = JS_NewInt32(ctx, error ? -error : pid);
done:
    while (i-- > 0)
        JS_FreeCString(ctx, command[i]);
    js_free(ctx, command);
    return result;
}
