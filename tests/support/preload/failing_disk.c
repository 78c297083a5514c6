/* A disk that fails once: the file that FAILING_DISK names holds "fsync N" or "rename N", and the N-th such call from
   then on gives EIO. It is removed with that, and the path concerned is added to the file FAILING_DISK.told. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

static void tell(const char *armed, const char *path) {
    char name[4096];
    snprintf(name, sizeof name, "%s.told", armed);
    int told = open(name, O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (told < 0 || dprintf(told, "%s\n", path) < 0) abort();
    close(told);
}

static int fails(const char *call, const char *path) {
    const char *armed = getenv("FAILING_DISK");
    char text[64] = "", which[16];
    int left, failing = 0;
    pthread_mutex_lock(&one_at_a_time);
    int file = armed ? open(armed, O_RDWR) : -1;
    if (file >= 0 && read(file, text, sizeof text - 1) > 0 && sscanf(text, "%15s %d", which, &left) == 2 &&
        !strcmp(which, call)) {
        failing = left <= 1;
        if (failing) {
            tell(armed, path);
            unlink(armed);
        } else {
            int length = snprintf(text, sizeof text, "%s %d\n", call, left - 1);
            if (ftruncate(file, 0) || pwrite(file, text, length, 0) != length) abort();
        }
    }
    if (file >= 0) close(file);
    pthread_mutex_unlock(&one_at_a_time);
    if (failing) errno = EIO;
    return failing;
}

int fsync(int fd) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    path[length < 0 ? 0 : length] = 0;
    return fails("fsync", path) ? -1 : ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(fd);
}

int rename(const char *from, const char *to) {
    return fails("rename", from) ? -1 : ((int (*)(const char *, const char *))dlsym(RTLD_NEXT, "rename"))(from, to);
}
