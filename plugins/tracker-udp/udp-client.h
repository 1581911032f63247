/* udp-client.h: questions to UDP trackers: connection ids, retransmission, and whose answer is whose. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "packet.h"

typedef struct _UdpClient     UdpClient;
typedef struct _UdpConnection UdpConnection;
typedef struct _UdpQuestion   UdpQuestion;

/* What a transaction id stands for: the first part of what waits for an answer. */
typedef struct _UdpSlot UdpSlot;
struct _UdpSlot
{
  guint32      transaction; /* 0 for none */
  BtfwEndpoint to;          /* only from there an answer counts */
  void (*receive) (UdpSlot *slot, PacketAction action, const guint8 *data, gsize size);
};

/* The most that a question takes, in seconds. */
#define UDP_PATIENCE 105

/* Addresses of one tracker that are tried one after the other. */
#define UDP_ENDPOINTS_MAX 8

/* Embedded in its owner, who sets action, endpoints and functions. Exactly one
 * of answered() and failed() ends it, unless it is cancelled; both may free it. */
struct _UdpQuestion
{
  UdpSlot      slot; /* first */
  UdpClient   *client; /* NULL when it is over */
  PacketAction action;
  BtfwEndpoint endpoints[UDP_ENDPOINTS_MAX];
  guint        n_endpoints;

  guint          current; /* which of them is asked */
  guint          n_sent;
  gint64         began;
  gint64         sent;    /* when, for the last time */
  gint64         deadline;
  guint64        timer;
  guint64        serial;
  gboolean       was_refused; /* a kept connection id was not taken: a fresh one is tried */
  GError        *error;   /* met at the start, yet to be told */
  UdpConnection *waits_for;
  GList          waiting; /* in the line of that connection */
  GList          link;    /* among the client's questions */

  gsize (*write) (UdpQuestion *self, guint64 connection, guint8 *out);
  /* Takes what an answer says; FALSE for what makes no sense: it is passed over. */
  gboolean (*read) (UdpQuestion *self, const guint8 *data, gsize size);
  /* It was answered. */
  void (*answered) (UdpQuestion *self);
  /* @refusal: what the tracker says, or NULL when it says nothing, for @error. */
  void (*failed) (UdpQuestion *self, const char *refusal, const GError *error);
};

UdpClient *udp_client_new (BtfwNet *net);
/* No questions are left. */
void       udp_client_free (UdpClient *self);
BtfwClock *udp_client_get_clock (UdpClient *self);

/* Neither function is called inside. */
void       udp_question_ask (UdpQuestion *self, UdpClient *client);
/* Nothing when it is over already. */
void       udp_question_cancel (UdpQuestion *self);
