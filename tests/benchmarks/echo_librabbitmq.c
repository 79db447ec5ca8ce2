/* The same echo in C: takes messages, publishes them again in batches, persistent and confirmed,
 * and acknowledges a batch when the broker has confirmed all of it.
 *
 *     echo_librabbitmq URL INBOX EXCHANGE KEY PREFETCH BATCH
 *
 * It ends when it is told to, and with a message when anything fails.
 */

#include <amqp.h>
#include <amqp_tcp_socket.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

enum { CHANNEL = 1, MOST = 1000 };

static void die(const char *what)
{
    fprintf(stderr, "echo_librabbitmq: %s\n", what);
    exit(1);
}

static void expect(amqp_rpc_reply_t reply, const char *what)
{
    if (reply.reply_type != AMQP_RESPONSE_NORMAL)
        die(what);
}

static amqp_connection_state_t connected(const char *url)
{
    struct amqp_connection_info at;
    char *parts = strdup(url); /* what is parsed is cut up, and kept */
    amqp_connection_state_t connection = amqp_new_connection();
    amqp_socket_t *tcp = amqp_tcp_socket_new(connection);

    if (!parts || amqp_parse_url(parts, &at) != AMQP_STATUS_OK)
        die("cannot read the URL");
    if (!tcp || amqp_socket_open(tcp, at.host, at.port))
        die("cannot connect");
    expect(amqp_login(connection, at.vhost, 0, AMQP_DEFAULT_FRAME_SIZE, 60,
                      AMQP_SASL_METHOD_PLAIN, at.user, at.password),
           "cannot log in");
    amqp_channel_open(connection, CHANNEL);
    expect(amqp_get_rpc_reply(connection), "cannot open a channel");
    return connection;
}

static void consume(amqp_connection_state_t in, const char *queue, int prefetch)
{
    amqp_basic_qos(in, CHANNEL, 0, (uint16_t)prefetch, false);
    expect(amqp_get_rpc_reply(in), "cannot set the prefetch");
    amqp_basic_consume(in, CHANNEL, amqp_cstring_bytes(queue), amqp_empty_bytes, false, false,
                       false, amqp_empty_table);
    expect(amqp_get_rpc_reply(in), "cannot consume");
}

/* Waits for one message, and takes what else is there already. How many they are. */
static int take(amqp_connection_state_t in, amqp_envelope_t *batch, int most)
{
    int count = 0;

    while (count < most) {
        struct timeval at_once = {0, 0};
        amqp_rpc_reply_t reply;

        amqp_maybe_release_buffers(in);
        reply = amqp_consume_message(in, &batch[count], count ? &at_once : NULL, 0);
        if (reply.reply_type == AMQP_RESPONSE_LIBRARY_EXCEPTION &&
            reply.library_error == AMQP_STATUS_TIMEOUT)
            break;
        expect(reply, "cannot take a message");
        count++;
    }
    return count;
}

static void publish(amqp_connection_state_t out, const char *exchange, const char *key,
                    const amqp_message_t *message)
{
    amqp_basic_properties_t properties = message->properties;

    properties._flags &= AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_MESSAGE_ID_FLAG;
    properties._flags |= AMQP_BASIC_DELIVERY_MODE_FLAG;
    properties.delivery_mode = AMQP_DELIVERY_PERSISTENT;
    if (amqp_basic_publish(out, CHANNEL, amqp_cstring_bytes(exchange), amqp_cstring_bytes(key),
                           true, false, &properties, message->body))
        die("cannot publish");
}

/* Waits until the broker has the `count` messages after the first `before`. */
static void confirmed(amqp_connection_state_t out, uint64_t before, int count)
{
    bool done[MOST] = {false};
    int left = count;

    while (left) {
        amqp_frame_t frame;
        amqp_basic_ack_t *ack;
        uint64_t tag;

        if (amqp_simple_wait_frame(out, &frame))
            die("cannot wait for confirms");
        if (frame.frame_type != AMQP_FRAME_METHOD || frame.payload.method.id != AMQP_BASIC_ACK_METHOD)
            die("the broker did not take a message");
        ack = frame.payload.method.decoded;
        for (tag = ack->multiple ? before + 1 : ack->delivery_tag; tag <= ack->delivery_tag; tag++)
            if (!done[tag - before - 1]) {
                done[tag - before - 1] = true;
                left--;
            }
    }
    amqp_maybe_release_buffers(out);
}

int main(int argc, char **argv)
{
    static amqp_envelope_t batch[MOST];
    amqp_connection_state_t in, out;
    uint64_t published = 0;
    int most;

    if (argc != 7 || (most = atoi(argv[6])) < 1 || most > MOST)
        die("wants URL INBOX EXCHANGE KEY PREFETCH BATCH");
    in = connected(argv[1]);
    out = connected(argv[1]);
    amqp_confirm_select(out, CHANNEL);
    expect(amqp_get_rpc_reply(out), "cannot have confirms");
    consume(in, argv[2], atoi(argv[5]));
    for (;;) {
        int count = take(in, batch, most);

        for (int i = 0; i < count; i++)
            publish(out, argv[3], argv[4], &batch[i].message);
        confirmed(out, published, count);
        published += (uint64_t)count;
        if (amqp_basic_ack(in, CHANNEL, batch[count - 1].delivery_tag, true))
            die("cannot acknowledge");
        for (int i = 0; i < count; i++)
            amqp_destroy_envelope(&batch[i]);
    }
}
