/*
 * The tee: a thread that copies a stream to two places. A thread, since a write to a full log pipe blocks, and the
 * agent must hear signals and deadlines meanwhile.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "binding.h"
#include "native.h"

/* What the program sees of a tee, as a Float64Array: see `Tee` in tee.ts. Counts are bytes, exact up to 2^53. */
enum { TAKEN, MOVED, OVER, LOST, ERRNO = LOST + 2, COUNTS = ERRNO + 2 };

struct tee {
    _Atomic double counts[COUNTS];
    /* The thread and the program; the last one frees. */
    atomic_int owners;
    int from, bell;
    int to[2];
    char buffer[1 << 16];
};

static void release(JSRuntime *runtime, void *opaque, void *counts)
{
    struct tee *tee = opaque;
    (void)runtime, (void)counts;

    if (atomic_fetch_sub(&tee->owners, 1) == 1)
        free(tee);
}

static void add(struct tee *tee, int count, double bytes)
{
    /* The thread is the only one that writes. */
    tee->counts[count] = tee->counts[count] + bytes;
}

/* What one side does not take is lost to it alone, and the next part is tried again: a disk may have room by then. */
static void copy(struct tee *tee, int side, const char *bytes, size_t length)
{
    struct pollfd writable = {.fd = tee->to[side], .events = POLLOUT};

    while (length > 0) {
        ssize_t written = write(tee->to[side], bytes, length);
        if (written >= 0) {
            bytes += written;
            length -= written;
        } else if (errno == EAGAIN) {
            poll(&writable, 1, -1);
        } else if (errno != EINTR) {
            tee->counts[ERRNO + side] = errno;
            add(tee, LOST + side, length);
            return;
        }
    }
}

static void *run_tee(void *opaque)
{
    struct tee *tee = opaque;
    const uint64_t one = 1;
    ssize_t length;

    /* The C library leaves one of its own unblocked in a new thread, which would end the agent. */
    native_block_signals();
    while ((length = read(tee->from, tee->buffer, sizeof tee->buffer)) > 0 || (length < 0 && errno == EINTR)) {
        if (length < 0)
            continue;
        add(tee, TAKEN, length);
        for (int side = 0; side < 2; side++)
            copy(tee, side, tee->buffer, length);
        add(tee, MOVED, length);
    }
    close(tee->to[1]);
    tee->counts[OVER] = 1;
    while (write(tee->bell, &one, sizeof one) < 0 && errno == EINTR)
        ;
    release(NULL, tee, NULL);
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

JSValue native_bell(JSContext *ctx, JSValueConst self, int argc, JSValueConst *argv)
{
    int bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    (void)self, (void)argc, (void)argv;

    return JS_NewInt32(ctx, bell < 0 ? -errno : bell);
}

JSValue native_tee(JSContext *ctx, JSValueConst self, int argc, JSValueConst *argv)
{
    int32_t stream, file, bell;
    int data[2], error;
    struct tee *tee;
    JSValue parts[3], all;
    (void)self, (void)argc;

    if (JS_ToInt32(ctx, &stream, argv[0]) || JS_ToInt32(ctx, &file, argv[1]) || JS_ToInt32(ctx, &bell, argv[2]))
        return JS_EXCEPTION;
    if (pipe2(data, O_CLOEXEC) < 0)
        return JS_NewInt32(ctx, -errno);
    tee = calloc(1, sizeof *tee);
    if (!tee) {
        error = ENOMEM;
        goto no_tee;
    }
    atomic_init(&tee->owners, 2);
    tee->from = data[0];
    tee->bell = bell;
    tee->to[0] = stream;
    tee->to[1] = file;
    error = start_tee(tee);
    if (error)
        goto no_thread;

    all = JS_NewArray(ctx);
    parts[0] = JS_NewInt32(ctx, data[1]);
    parts[1] = JS_NewInt32(ctx, data[0]);
    parts[2] = JS_NewArrayBuffer(ctx, (uint8_t *)tee->counts, sizeof tee->counts, release, tee, 0);
    for (int i = 0; i < 3; i++)
        if (JS_DefinePropertyValueUint32(ctx, all, i, parts[i], JS_PROP_C_W_E) < 0) {
            JS_FreeValue(ctx, all);
            return JS_EXCEPTION;
        }
    return all;

no_thread:
    free(tee);
no_tee:
    close(data[0]);
    close(data[1]);
    return JS_NewInt32(ctx, -error);
}

JSValue native_unread(JSContext *ctx, JSValueConst self, int argc, JSValueConst *argv)
{
    int32_t descriptor;
    int unread = 0;
    (void)self, (void)argc;

    if (JS_ToInt32(ctx, &descriptor, argv[0]))
        return JS_EXCEPTION;
    return JS_NewInt32(ctx, ioctl(descriptor, FIONREAD, &unread) < 0 ? -errno : unread);
}
