/*
 * Reads what a step left, which may be anything.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "binding.h"

/* O_NOFOLLOW has another value on each architecture, and only of what is open can one be sure what it is. */
JSValue native_open_plain(JSContext *ctx, JSValueConst self, int argc, JSValueConst *argv)
{
    const char *path = JS_ToCString(ctx, argv[0]);
    struct stat status;
    int descriptor;
    (void)self, (void)argc;

    if (!path)
        return JS_EXCEPTION;
    descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    JS_FreeCString(ctx, path);
    if (descriptor < 0 || fstat(descriptor, &status) < 0 || S_ISREG(status.st_mode))
        return native_result(ctx, descriptor);
    close(descriptor);
    return JS_NewInt32(ctx, S_ISDIR(status.st_mode) ? -EISDIR : -ENXIO);
}

/* Neither overlong, nor a surrogate, nor beyond Unicode: the table of RFC 3629. */
static int is_utf8(const uint8_t *at, const uint8_t *end)
{
    static const uint32_t lowest[] = {0, 0x80, 0x800, 0x10000};

    while (at < end) {
        uint8_t lead = *at++;
        int following = lead < 0x80 ? 0 : lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
        uint32_t point = following ? lead & (0x3f >> following) : lead;
        int i;

        if ((lead >= 0x80 && lead < 0xc2) || lead > 0xf4 || end - at < following)
            return 0;
        for (i = 0; i < following; i++, at++) {
            if ((*at & 0xc0) != 0x80)
                return 0;
            point = point << 6 | (*at & 0x3f);
        }
        if (point < lowest[following] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000))
            return 0;
    }
    return 1;
}

/* QuickJS itself takes any bytes for text. */
JSValue native_decode(JSContext *ctx, JSValueConst self, int argc, JSValueConst *argv)
{
    size_t size;
    uint32_t length;
    const uint8_t *bytes = JS_GetArrayBuffer(ctx, &size, argv[0]);
    (void)self, (void)argc;

    if (!bytes || JS_ToUint32(ctx, &length, argv[1]))
        return JS_EXCEPTION;
    if (length > size || !is_utf8(bytes, bytes + length))
        return JS_UNDEFINED;
    return JS_NewStringLen(ctx, (const char *)bytes, length);
}
