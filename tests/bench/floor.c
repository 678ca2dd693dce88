/* The physical limit: the same session as ours, in C with libssh and threads, that looks at nothing.
 *
 * usage: floor PORT THREADS USER < addresses (one a line)
 * It logs in by password, as a job does; server.c takes any.
 * Prints one JSON object: devices, failed, wall seconds, CPU milliseconds for each device.
 */
#define _GNU_SOURCE
#include <libssh/libssh.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define MOST_DEVICES 100000
#define LONGEST_REPLY (16 << 20)
#define BASE "urn:ietf:params:xml:ns:netconf:base:1.0"
#define END "]]>]]>"

static const char *const HELLO =
    "<hello xmlns=\"" BASE "\"><capabilities><capability>urn:ietf:params:netconf:base:1.0"
    "</capability></capabilities></hello>" END;
static const char *const REQUESTS[] = {
    "<rpc message-id=\"1\" xmlns=\"" BASE "\"><get-configuration database=\"committed\" "
    "inherit=\"inherit\"><configuration><system><host-name/></system><interfaces/><protocols/>"
    "<routing-options/><routing-instances/><logical-systems/></configuration>"
    "</get-configuration></rpc>" END,
    "<rpc message-id=\"2\" xmlns=\"" BASE "\"><get-interface-information><terse/>"
    "</get-interface-information></rpc>" END,
    "<rpc message-id=\"3\" xmlns=\"" BASE "\"><close-session/></rpc>" END,
};

static char *addresses[MOST_DEVICES];
static int devices, port;
static const char *user;
static atomic_int next_device, failed;

/* Read until the end-of-message mark; return the bytes, or -1 when the session ended first. */
static long receive(ssh_channel channel, char *buffer) {
  long have = 0;
  while (have < LONGEST_REPLY) {
    int got = ssh_channel_read(channel, buffer + have, LONGEST_REPLY - have, 0);
    if (got <= 0) return -1;
    have += got;
    if (have >= 6 && memcmp(buffer + have - 6, END, 6) == 0) return have;
  }
  return -1;
}

static int exchange(ssh_channel channel, const char *message, char *buffer) {
  return ssh_channel_write(channel, message, strlen(message)) > 0 && receive(channel, buffer) > 0;
}

static int talk(ssh_session session, char *buffer) {
  if (ssh_connect(session) != SSH_OK) return 0;
  if (ssh_userauth_password(session, NULL, "any") != SSH_AUTH_SUCCESS) return 0;
  ssh_channel channel = ssh_channel_new(session);
  int done = ssh_channel_open_session(channel) == SSH_OK &&
             ssh_channel_request_subsystem(channel, "netconf") == SSH_OK &&
             exchange(channel, HELLO, buffer) && exchange(channel, REQUESTS[0], buffer) &&
             exchange(channel, REQUESTS[1], buffer) && exchange(channel, REQUESTS[2], buffer);
  ssh_channel_free(channel);
  return done;
}

static void *work(void *unused) {
  (void)unused;
  char *buffer = malloc(LONGEST_REPLY);
  int on = 1, off = 0, number;
  while ((number = next_device++) < devices) {
    ssh_session session = ssh_new();
    ssh_options_set(session, SSH_OPTIONS_PROCESS_CONFIG, &off);
    ssh_options_set(session, SSH_OPTIONS_HOST, addresses[number]);
    ssh_options_set(session, SSH_OPTIONS_PORT, &port);
    ssh_options_set(session, SSH_OPTIONS_USER, user);
    ssh_options_set(session, SSH_OPTIONS_NODELAY, &on);
    ssh_options_set(session, SSH_OPTIONS_CIPHERS_C_S, "aes256-gcm@openssh.com,aes256-ctr");
    ssh_options_set(session, SSH_OPTIONS_CIPHERS_S_C, "aes256-gcm@openssh.com,aes256-ctr");
    if (!talk(session, buffer)) failed++;
    ssh_disconnect(session);
    ssh_free(session);
  }
  free(buffer);
  return NULL;
}

int main(int count, char **arguments) {
  if (count != 4) {
    fputs("usage: floor PORT THREADS USER < addresses\n", stderr);
    return 2;
  }
  port = atoi(arguments[1]);
  user = arguments[3];
  int threads = atoi(arguments[2]);
  ssh_init();
  char line[256];
  while (devices < MOST_DEVICES && fgets(line, sizeof line, stdin)) {
    line[strcspn(line, "\n")] = 0;
    addresses[devices++] = strdup(line);
  }
  struct timespec begin, end;
  clock_gettime(CLOCK_MONOTONIC, &begin);
  pthread_t *workers = calloc(threads, sizeof *workers);
  for (int i = 0; i < threads; i++) pthread_create(&workers[i], NULL, work, NULL);
  for (int i = 0; i < threads; i++) pthread_join(workers[i], NULL);
  clock_gettime(CLOCK_MONOTONIC, &end);
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  double wall = end.tv_sec - begin.tv_sec + (end.tv_nsec - begin.tv_nsec) / 1e9;
  double cpu = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec +
               (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
  printf("{\"devices\": %d, \"failed\": %d, \"wall\": %.4f, \"cpu_ms\": %.4f}\n", devices,
         (int)failed, wall, cpu / devices * 1000);
  return 0;
}
