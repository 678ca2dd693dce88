/* Simulated routers that cost next to nothing: what the lab would answer, rendered before.
 *
 * usage: server HOSTKEYFILE PORT LATENCY_MS FOLDER
 * A device is the address that was dialled, 127.x.y.z; FOLDER/127.x.y.z.KIND is what it answers to
 * each KIND of request: configuration, ports, probe. Files can be replaced while it runs. Anybody
 * may log in. NETCONF 1.0 framing (RFC 6242, section 4.3). Prints one line when it listens, and
 * counts in FOLDER/sent, as 64 bits, the bytes of the configurations that it sent.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <libssh/libssh.h>
#include <libssh/server.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define BASE "urn:ietf:params:xml:ns:netconf:base:1.0"
#define END "]]>]]>"
#define LONGEST_REQUEST 65536
#define WINDOW 32768
#define STACK 262144

static const char HELLO[] =
    "<hello xmlns=\"" BASE "\"><capabilities>"
    "<capability>urn:ietf:params:netconf:base:1.0</capability>"
    "<capability>http://xml.juniper.net/netconf/junos/1.0</capability>"
    "</capabilities><session-id>1</session-id></hello>" END;
static const char *folder;
static long latency_us;
static ssh_bind host;
static _Atomic unsigned long long *sent;
static pthread_mutex_t accepting = PTHREAD_MUTEX_INITIALIZER;

static int send_all(ssh_channel channel, const char *bytes, size_t count) {
  while (count) {
    int sent = ssh_channel_write(channel, bytes, count > WINDOW ? WINDOW : count);
    if (sent <= 0) return 0;
    bytes += sent;
    count -= sent;
  }
  return 1;
}

/* Do what comes before the session's first message; return its channel, or NULL. */
static ssh_channel greet(ssh_session session) {
  ssh_channel channel = NULL;
  ssh_message message;
  while ((message = ssh_message_get(session))) {
    int type = ssh_message_type(message), kind = ssh_message_subtype(message), open = 0;
    if (type == SSH_REQUEST_AUTH && kind == SSH_AUTH_METHOD_PASSWORD) {
      ssh_message_auth_reply_success(message, 0);
    } else if (type == SSH_REQUEST_AUTH && kind == SSH_AUTH_METHOD_PUBLICKEY) {
      if (ssh_message_auth_publickey_state(message) == SSH_PUBLICKEY_STATE_VALID)
        ssh_message_auth_reply_success(message, 0);
      else
        ssh_message_auth_reply_pk_ok_simple(message);
    } else if (type == SSH_REQUEST_AUTH) {
      ssh_message_auth_set_methods(message, SSH_AUTH_METHOD_PASSWORD | SSH_AUTH_METHOD_PUBLICKEY);
      ssh_message_reply_default(message);
    } else if (type == SSH_REQUEST_CHANNEL_OPEN && kind == SSH_CHANNEL_SESSION) {
      channel = ssh_message_channel_request_open_reply_accept(message);
    } else if (type == SSH_REQUEST_CHANNEL && kind == SSH_CHANNEL_REQUEST_SUBSYSTEM) {
      open = ssh_message_channel_request_reply_success(message) == SSH_OK;
    } else {
      ssh_message_reply_default(message);
    }
    ssh_message_free(message);
    if (open) return channel;
  }
  return NULL;
}

/* Return the content of the reply, which the caller frees. */
static char *content_for(const char *address, const char *request, size_t *size) {
  const char *kind = strstr(request, "get-interface-information") ? "ports"
                     : strstr(request, "<interfaces")             ? "configuration"
                                                                  : "probe";
  char path[512];
  snprintf(path, sizeof path, "%s/%s.%s", folder, address, kind);
  int file = open(path, O_RDONLY);
  struct stat status;
  if (file < 0 || fstat(file, &status) < 0) return NULL;
  char *content = malloc(status.st_size + 1);
  *size = read(file, content, status.st_size);
  close(file);
  if (strcmp(kind, "ports")) *sent += *size;
  return content;
}

static int reply(ssh_channel channel, const char *address, const char *request, int closing) {
  char head[512], id[256] = "";
  const char *from = strstr(request, "message-id=\"");
  if (from) sscanf(from + 12, "%255[^\"]", id);
  int length = snprintf(head, sizeof head,
                        "<rpc-reply xmlns=\"" BASE "\" "
                        "xmlns:junos=\"http://xml.juniper.net/junos/22.4R0/junos\" "
                        "message-id=\"%s\">\n", id);
  static const char tail[] = "</rpc-reply>\n" END;
  size_t size = 5;
  char *content = closing ? strdup("<ok/>") : content_for(address, request, &size);
  if (!content) return 0;
  char *whole = malloc(length + size + sizeof tail);
  memcpy(whole, head, length);
  memcpy(whole + length, content, size);
  memcpy(whole + length + size, tail, sizeof tail - 1);
  if (latency_us) usleep(latency_us);
  int sent = send_all(channel, whole, length + size + sizeof tail - 1);
  free(whole);
  free(content);
  return sent;
}

/* Answer requests until the session is closed. */
static void talk(ssh_channel channel, const char *address) {
  char *buffer = malloc(LONGEST_REQUEST + 1);
  size_t have = 0;
  int greeted = 0, closing = 0;
  while (!closing && have < LONGEST_REQUEST) {
    int got = ssh_channel_read(channel, buffer + have, LONGEST_REQUEST - have, 0);
    if (got <= 0) break;
    have += got;
    buffer[have] = 0;
    char *end;
    while (!closing && (end = strstr(buffer, END))) {
      *end = 0;
      closing = strstr(buffer, "close-session") != NULL;
      if (greeted && !reply(channel, address, buffer, closing)) closing = 1;
      greeted = 1;
      have -= end + strlen(END) - buffer;
      memmove(buffer, end + strlen(END), have + 1);
    }
  }
  free(buffer);
}

/* Let the client hang up first, as routers do. */
static void wait_for_end(int line) {
  struct pollfd waiting = {line, POLLIN, 0};
  char rest[4096];
  while (poll(&waiting, 1, 3000) > 0 && read(line, rest, sizeof rest) > 0) continue;
}

static void *serve(void *argument) {
  int line = (int)(long)argument;
  struct sockaddr_in dialled;
  socklen_t length = sizeof dialled;
  char address[INET_ADDRSTRLEN];
  getsockname(line, (void *)&dialled, &length);
  inet_ntop(AF_INET, &dialled.sin_addr, address, sizeof address);
  ssh_session session = ssh_new();
  pthread_mutex_lock(&accepting);
  int accepted = ssh_bind_accept_fd(host, session, line) == SSH_OK;
  pthread_mutex_unlock(&accepting);
  ssh_channel channel =
      accepted && ssh_handle_key_exchange(session) == SSH_OK ? greet(session) : NULL;
  if (channel && send_all(channel, HELLO, sizeof HELLO - 1)) {
    talk(channel, address);
    ssh_channel_send_eof(channel);
    ssh_channel_close(channel);
    wait_for_end(line);
  }
  ssh_disconnect(session);
  ssh_free(session);
  return NULL;
}

static void *shared_counter(void) {
  char path[512];
  snprintf(path, sizeof path, "%s/sent", folder);
  int file = open(path, O_RDWR | O_CREAT, 0600);
  if (file < 0 || ftruncate(file, sizeof *sent)) {
    perror("server");
    exit(1);
  }
  return mmap(NULL, sizeof *sent, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
}

static int listen_at(int port) {
  struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(port)};
  any.sin_addr.s_addr = htonl(INADDR_ANY);
  int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(listener, (void *)&any, sizeof any) || listen(listener, 4096)) {
    perror("server");
    exit(1);
  }
  return listener;
}

int main(int count, char **arguments) {
  if (count != 5) {
    fputs("usage: server HOSTKEYFILE PORT LATENCY_MS FOLDER\n", stderr);
    return 2;
  }
  signal(SIGPIPE, SIG_IGN);
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  latency_us = atol(arguments[3]) * 1000;
  folder = arguments[4];
  sent = shared_counter();
  int off = 0, on = 1, listener = listen_at(atoi(arguments[2]));
  ssh_init();
  host = ssh_bind_new();
  ssh_bind_options_set(host, SSH_BIND_OPTIONS_PROCESS_CONFIG, &off);
  ssh_bind_options_set(host, SSH_BIND_OPTIONS_HOSTKEY, arguments[1]);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, STACK);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  puts("listening");
  fflush(stdout);
  for (;;) {
    int line = accept(listener, NULL, NULL);
    if (line < 0) continue;
    setsockopt(line, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    pthread_t thread;
    if (pthread_create(&thread, &attributes, serve, (void *)(long)line)) close(line);
  }
}
