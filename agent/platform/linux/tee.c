/*
 * The tee: a thread that copies a stream to two places. A thread, since a write to a full log pipe blocks, and the
 * agent must hear signals and deadlines meanwhile.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "binding.h"

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

JSValue native_tee(JSContext *ctx, JSValueConst self, int argc, JSValueConst *argv)
{
    int32_t stream, file;
    int data[2], done[2], error;
    struct tee *tee;
    JSValue ends;
    (void)self, (void)argc;

    if (JS_ToInt32(ctx, &stream, argv[0]) || JS_ToInt32(ctx, &file, argv[1]))
        return JS_EXCEPTION;
    if (pipe2(data, O_CLOEXEC) < 0)
        return JS_NewInt32(ctx, -errno);
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
