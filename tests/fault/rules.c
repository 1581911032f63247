/* rules.c: reads $BTFW_FAULT, finds the rule for a call, and writes down what was called. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "rules.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define RULES_MAX 16
#define TEXT_MAX 8192

typedef enum
{
  ACTION_FAIL,
  ACTION_SHORT,
  ACTION_DELAY,
  ACTION_KILL,
  ACTION_KILL_AFTER,
  ACTION_TORN,
  ACTION_SHIFT,
  ACTION_LOG,
  ACTION_RECORD,
  N_ACTIONS,
} Action;

static const char *const action_words[N_ACTIONS] = {
  "fail", "short", "delay", "kill", "kill-after", "torn", "shift", "log", "record",
};

typedef struct
{
  uint64_t    calls; /* a bit for each name */
  const char *path;
  long        first; /* from 1; the calls that it is for */
  long        last;
  long        step;
  Action      action;
  long        value;
  long        n_seen; /* atomic */
  int         log_fd;
  int         data_fd;
  int64_t     data_size;
} Rule;

static const struct
{
  const char *name;
  unsigned    groups;
} calls[FAULT_N_CALLS] = {
#define X(name, groups) { #name, groups },
  FAULT_CALLS (X)
#undef X
};

static const struct
{
  const char *word;
  unsigned    bit;
} groups[] = {
  { "@open", FAULT_OPEN }, { "@read", FAULT_READ },     { "@write", FAULT_WRITE },   { "@sync", FAULT_SYNC },
  { "@name", FAULT_NAME }, { "@change", FAULT_CHANGE }, { "@system", FAULT_SYSTEM },
};

static const struct
{
  const char *word;
  int         number;
} errors[] = {
  { "EIO", EIO },       { "ENOSPC", ENOSPC }, { "EDQUOT", EDQUOT }, { "EACCES", EACCES }, { "EPERM", EPERM },
  { "EROFS", EROFS },   { "EINTR", EINTR },   { "EAGAIN", EAGAIN }, { "ENOENT", ENOENT }, { "EMFILE", EMFILE },
  { "ENFILE", ENFILE }, { "ENOMEM", ENOMEM }, { "EINVAL", EINVAL }, { "EFBIG", EFBIG },   { "ESTALE", ESTALE },
  { "ENOSYS", ENOSYS }, { "EXDEV", EXDEV },   { "EBUSY", EBUSY },   { "ELOOP", ELOOP },   { "EOPNOTSUPP", EOPNOTSUPP },
};

static Rule            rules[RULES_MAX];
static int             n_rules;
static char            text[TEXT_MAX];
static pthread_once_t  once = PTHREAD_ONCE_INIT;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER; /* recorded calls are made one at a time */

/* Ours would look for rules first. */
#define SYSTEM(...) (((long (*) (long, ...)) real_syscall) (__VA_ARGS__))

static void *real_syscall;

/* --- Reading the rules --- */

/* A rule that is not understood must not pass for a test that went well. */
static void
refuse (const char *word)
{
  char message[512];
  int  length = snprintf (message, sizeof message, "BTFW_FAULT: “%s” is not understood\n", word);

  SYSTEM (SYS_write, 2, message, length);
  _exit (99);
}

static uint64_t
find_group (const char *word)
{
  uint64_t bits = 0;

  for (size_t g = 0; g < sizeof groups / sizeof groups[0]; g++)
    if (strcmp (word, groups[g].word) == 0)
      for (int i = 0; i < FAULT_N_CALLS; i++)
        if (calls[i].groups & groups[g].bit)
          bits |= UINT64_C (1) << i;
  return bits;
}

static uint64_t
read_calls (char *value)
{
  uint64_t bits = 0;
  char    *rest = NULL;

  for (char *word = strtok_r (value, ",", &rest); word; word = strtok_r (NULL, ",", &rest))
    {
      uint64_t found = word[0] == '@' ? find_group (word) : 0;

      for (int i = 0; i < FAULT_N_CALLS; i++)
        if (strcmp (word, calls[i].name) == 0)
          found |= UINT64_C (1) << i;
      if (found == 0)
        refuse (word);
      bits |= found;
    }
  return bits;
}

/* "7": that one; "7-": from there on; "7-9"; "7/2": that one and every second after it. */
static void
read_place (Rule *rule, const char *value)
{
  char *end;

  rule->first = rule->last = strtol (value, &end, 10);
  if (*end == '-')
    rule->last = end[1] ? strtol (end + 1, &end, 10) : (end++, LONG_MAX);
  else if (*end == '/')
    {
      rule->step = strtol (end + 1, &end, 10);
      rule->last = LONG_MAX;
    }
  if (*end || rule->first < 1 || rule->step < 1)
    refuse (value);
}

static int
open_log (const char *path, const char *suffix)
{
  char whole[PATH_MAX];
  int  fd;

  snprintf (whole, sizeof whole, "%s%s", path, suffix);
  fd = (int) SYSTEM (SYS_openat, AT_FDCWD, whole, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0)
    refuse (path);
  return fd;
}

static long
read_error (const char *word)
{
  for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++)
    if (strcmp (word, errors[i].word) == 0)
      return errors[i].number;
  refuse (word);
  return 0;
}

static void
read_action (Rule *rule, char *value)
{
  char *argument = strchr (value, ':');

  if (argument)
    *argument++ = '\0';
  rule->action = N_ACTIONS;
  for (int i = 0; i < N_ACTIONS; i++)
    if (strcmp (value, action_words[i]) == 0)
      rule->action = (Action) i;
  if (rule->action == N_ACTIONS || (!argument && rule->action != ACTION_KILL && rule->action != ACTION_KILL_AFTER))
    refuse (value);

  if (rule->action == ACTION_LOG || rule->action == ACTION_RECORD)
    rule->log_fd = open_log (argument, "");
  if (rule->action == ACTION_RECORD)
    {
      rule->data_fd = open_log (argument, ".data");
      rule->data_size = SYSTEM (SYS_lseek, rule->data_fd, 0L, (long) SEEK_END);
    }
  else if (rule->action == ACTION_FAIL)
    rule->value = read_error (argument);
  else if (argument && rule->action != ACTION_LOG)
    rule->value = strtol (argument, NULL, 10);
}

static void
read_rule (char *line)
{
  Rule *rule = &rules[n_rules];
  char *rest = NULL;

  *rule = (Rule){ .first = 1, .last = LONG_MAX, .step = 1, .action = N_ACTIONS, .log_fd = -1, .data_fd = -1 };
  for (char *word = strtok_r (line, " \n", &rest); word; word = strtok_r (NULL, " \n", &rest))
    if (strncmp (word, "call=", 5) == 0)
      rule->calls = read_calls (word + 5);
    else if (strncmp (word, "path=", 5) == 0)
      rule->path = word + 5;
    else if (strncmp (word, "at=", 3) == 0)
      read_place (rule, word + 3);
    else if (strncmp (word, "do=", 3) == 0)
      read_action (rule, word + 3);
    else
      refuse (word);
  if (rule->calls == 0 || rule->action == N_ACTIONS)
    refuse ("a rule without call= or do=");
  n_rules++;
}

static void
read_rules (void)
{
  const char *value = getenv ("BTFW_FAULT");
  char       *rest = NULL;

  real_syscall = dlsym (RTLD_NEXT, "syscall");
  if (!value)
    return;
  if (strlen (value) >= sizeof text)
    refuse ("(too long)");
  strcpy (text, value);
  for (char *line = strtok_r (text, ";", &rest); line; line = strtok_r (NULL, ";", &rest))
    {
      if (line[strspn (line, " \n")] == '\0')
        continue;
      if (n_rules == RULES_MAX)
        refuse ("(too many rules)");
      read_rule (line);
    }
}

/* --- What a call works on --- */

static size_t
name_descriptor (int fd, char *where, size_t size)
{
  char    link[64];
  ssize_t n;

  if (fd == AT_FDCWD)
    n = getcwd (where, size) ? (ssize_t) strlen (where) : 0;
  else
    {
      snprintf (link, sizeof link, "/proc/self/fd/%d", fd);
      n = readlink (link, where, size - 1);
    }
  where[n > 0 ? n : 0] = '\0';
  return n > 0 ? (size_t) n : 0;
}

static void
name_place (int fd, const char *path, char *where)
{
  size_t length = 0;

  where[0] = '\0';
  if (!path && fd < 0)
    return;
  if (!path || path[0] != '/')
    length = name_descriptor (fd, where, PATH_MAX);
  if (path && length + strlen (path) + 2 < PATH_MAX)
    snprintf (where + length, PATH_MAX - length, "%s%s", path[0] == '/' ? "" : "/", path);
}

/* --- Writing down --- */

/* Everything but plain characters as %XX, so that a line splits at tabs. */
static int
put_path (char *out, const char *path)
{
  char *start = out;

  for (; *path; path++)
    if ((unsigned char) *path > ' ' && *path != '%' && *path != 0x7f)
      *out++ = *path;
    else
      out += sprintf (out, "%%%02X", (unsigned char) *path);
  *out = '\0';
  return (int) (out - start);
}

static int64_t
keep_data (Rule *rule, const FaultCall *call, int64_t result)
{
  int64_t at = rule->data_size;

  for (int i = 0; i < call->n_vectors && result > 0; i++)
    {
      int64_t n = (int64_t) call->vectors[i].iov_len < result ? (int64_t) call->vectors[i].iov_len : result;

      SYSTEM (SYS_write, rule->data_fd, call->vectors[i].iov_base, n);
      rule->data_size += n;
      result -= n;
    }
  return at;
}

/* NUMBER CALL RESULT ERRNO OFFSET LENGTH DATA PATH OTHER, with tabs between them; DATA is where
 * the bytes stand in the file of data, or -1. */
static void
write_line (Rule *rule, const FaultCall *call, long number, int64_t result)
{
  static char line[6 * PATH_MAX + 256];
  static char path[3 * PATH_MAX];
  static char other[3 * PATH_MAX];
  int64_t     data = -1;
  int         length;

  put_path (path, call->where);
  put_path (other, call->where_other);
  if (rule->data_fd >= 0 && call->n_vectors > 0 && result > 0)
    data = keep_data (rule, call, result);
  length = snprintf (line, sizeof line, "%ld\t%s\t%lld\t%d\t%lld\t%lld\t%lld\t%s\t%s\n", number,
                     calls[call->name].name, (long long) result, result < 0 ? errno : 0, (long long) call->offset,
                     (long long) call->length, (long long) data, path, other);
  SYSTEM (SYS_write, rule->log_fd, line, length);
}

/* --- Rules and calls --- */

static bool
is_writing_down (const Rule *rule)
{
  return rule->action == ACTION_LOG || rule->action == ACTION_RECORD;
}

static bool
concerns (const Rule *rule, const FaultCall *call)
{
  if (!(rule->calls >> call->name & 1))
    return false;
  return !rule->path || fnmatch (rule->path, call->where, 0) == 0 ||
         (call->where_other[0] && fnmatch (rule->path, call->where_other, 0) == 0);
}

static void
wait_for (long milliseconds)
{
  struct timespec left = { milliseconds / 1000, milliseconds % 1000 * 1000000 };

  while (SYSTEM (SYS_nanosleep, &left, &left) < 0 && errno == EINTR)
    ;
}

static void
end_process (void)
{
  SYSTEM (SYS_kill, (long) getpid (), (long) SIGKILL);
}

static void
apply (const Rule *rule, FaultCall *call)
{
  switch (rule->action)
    {
    case ACTION_FAIL:
      call->error = (int) rule->value;
      break;
    case ACTION_TORN:
      call->kills = true;
      /* fall through */
    case ACTION_SHORT:
      call->limit = rule->value;
      break;
    case ACTION_DELAY:
      wait_for (rule->value);
      break;
    case ACTION_KILL:
      end_process ();
      break;
    case ACTION_KILL_AFTER:
      call->kills = true;
      break;
    case ACTION_SHIFT:
      call->shift = rule->value;
      break;
    default:
      break;
    }
}

static bool
concerns_any (FaultName name)
{
  for (int i = 0; i < n_rules; i++)
    if (rules[i].calls >> name & 1)
      return true;
  return false;
}

void
fault_begin (FaultCall *call)
{
  int saved = errno;

  call->limit = -1;
  /* A sanitizer calls before the C library has an environment, in which the rules stand. */
  if (!environ)
    return;
  pthread_once (&once, read_rules);
  if (!concerns_any (call->name))
    return;

  name_place (call->fd, call->path, call->where);
  if (call->other)
    name_place (call->other_fd, call->other, call->where_other);
  for (int i = 0; i < n_rules; i++)
    if (is_writing_down (&rules[i]) && concerns (&rules[i], call))
      call->is_recorded = true;
  if (call->is_recorded)
    pthread_mutex_lock (&mutex);

  for (int i = 0; i < n_rules; i++)
    {
      long n;

      if (is_writing_down (&rules[i]) || !concerns (&rules[i], call))
        continue;
      n = __atomic_add_fetch (&rules[i].n_seen, 1, __ATOMIC_SEQ_CST);
      if (n >= rules[i].first && n <= rules[i].last && (n - rules[i].first) % rules[i].step == 0)
        apply (&rules[i], call);
    }
  errno = saved;
}

void
fault_end (FaultCall *call, int64_t result)
{
  int saved = errno;

  for (int i = 0; i < n_rules && call->is_recorded; i++)
    if (is_writing_down (&rules[i]) && concerns (&rules[i], call))
      write_line (&rules[i], call, ++rules[i].n_seen, result);
  if (call->kills)
    end_process ();
  if (call->is_recorded)
    pthread_mutex_unlock (&mutex);
  errno = saved;
}
