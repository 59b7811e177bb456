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

/* Each word is a text, or by its number one of our own arguments, which is passed on byte for byte. */
JSValue native_spawn(JSContext *ctx, JSValueConst self, int argc, JSValueConst *argv)
{
    int32_t own_group, out, err, count, number, i;
    pid_t pid;
    int error;
    const char **command, **made;
    JSValue result = JS_EXCEPTION;
    (void)self, (void)argc;

    if (JS_ToInt32(ctx, &own_group, argv[0]) || JS_ToInt32(ctx, &out, argv[1]) || JS_ToInt32(ctx, &err, argv[2]) ||
        length_of(ctx, argv[3], &count))
        return JS_EXCEPTION;
    /* Behind the command's own null pointer: what was made for it, to be given back. */
    command = js_mallocz(ctx, (2 * count + 2) * sizeof *command);
    if (!command)
        return JS_EXCEPTION;
    made = command + count + 1;
    for (i = 0; i < count; i++) {
        JSValue word = JS_GetPropertyUint32(ctx, argv[3], i);
        if (!JS_IsNumber(word))
            command[i] = *made++ = JS_ToCString(ctx, word);
        /* The program's own name is number 0 here. */
        else if (!JS_ToInt32(ctx, &number, word) && number >= 0 && number < native_argc - 1)
            command[i] = native_argv[number + 1];
        else
            result = JS_NewInt32(ctx, -EINVAL);
        JS_FreeValue(ctx, word);
        if (!command[i])
            goto done;
    }
    error = count == 0 ? EINVAL : spawn(&pid, (char **)command, own_group, out, err);
    result = JS_NewInt32(ctx, error ? -error : pid);
done:
    while (--made > command + count)
        JS_FreeCString(ctx, *made);
    js_free(ctx, command);
    return result;
}
