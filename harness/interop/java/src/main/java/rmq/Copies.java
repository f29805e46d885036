package rmq;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.function.BooleanSupplier;

import org.apache.rocketmq.broker.BrokerController;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.LocalTransactionState;
import org.apache.rocketmq.client.producer.TransactionListener;
import org.apache.rocketmq.client.producer.TransactionMQProducer;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageAccessor;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.store.DefaultMessageStore;

/**
 * copies ROOT --topic T --n N: a broker, and clients that make it store the N messages of T again with all their properties, in
 * every way: sent back and delivered again, sent back until they are dead, forwarded at once, later, and in a transaction.
 */
final class Copies {
    private static final int DEADLINE_MS = 120_000;
    private static final String ROUND = "round";

    private final BrokerController broker;
    private final String namesrv;
    private final int count;
    private final String round;
    private final List<Message> received = Collections.synchronizedList(new ArrayList<>());
    private final List<String> repeated = Collections.synchronizedList(new ArrayList<>());

    private Copies(BrokerController broker, Args args) {
        this.broker = broker;
        this.namesrv = broker.getBrokerConfig().getNamesrvAddr();
        this.count = args.num("n", 1);
        this.round = args.text(ROUND, "0");
    }

    static void run(Args args) throws Exception {
        Push.lookOften();
        BrokerNode.withBroker(args, broker -> {
            new Copies(broker, args).copy(args.text("topic", "TopicA"));
            if (args.has("halt")) {
                Runtime.getRuntime().halt(137);
            }
        });
    }

    private void copy(String topic) throws Exception {
        DefaultMQPushConsumer again = consumer("again" + round, topic, 16, this::sendBackOnce);
        DefaultMQPushConsumer dead = consumer("dead" + round, topic, 1, m -> false);
        await("received", () -> received.size() >= count);
        forward();
        await("repeated", () -> repeated.size() >= count);
        await("dead letters", () -> stored("%DLQ%dead" + round) >= count);
        for (String to : List.of("Forwarded", "Delayed", "Transacted")) {
            await(to, () -> stored(to + round) >= count);
        }
        again.shutdown();
        dead.shutdown();
        DefaultMessageStore store = (DefaultMessageStore) broker.getMessageStore();
        StoreKit.awaitDispatch(store);
        store.getConsumeQueueTable().forEach((name, queues) -> queues.forEach((queueId, queue) -> Out.line("type", "queue",
            "topic", name, "queueId", queueId, "min", queue.getMinOffsetInQueue(), "max", queue.getMaxOffsetInQueue())));
    }

    private DefaultMQPushConsumer consumer(String group, String topic, int most, Push.Handler handler) throws Exception {
        return Push.start(namesrv, group, topic, new Push.Retry(most, 0), handler);
    }

    private boolean sendBackOnce(MessageExt message) {
        if (message.getReconsumeTimes() == 0) {
            received.add(copyOf(message)); // a client that sends it back itself changes its properties
            return false;
        }
        repeated.add(message.getMsgId());
        return true;
    }

    private void forward() throws Exception {
        DefaultMQProducer producer = new DefaultMQProducer("forwarding" + round);
        TransactionMQProducer transactional = new TransactionMQProducer("transacting" + round);
        transactional.setTransactionListener(new TransactionListener() {
            @Override
            public LocalTransactionState executeLocalTransaction(Message m, Object arg) {
                return LocalTransactionState.COMMIT_MESSAGE;
            }

            @Override
            public LocalTransactionState checkLocalTransaction(MessageExt m) {
                return LocalTransactionState.COMMIT_MESSAGE;
            }
        });
        for (DefaultMQProducer one : List.of(producer, transactional)) {
            one.setNamesrvAddr(namesrv);
            one.setInstanceName(one.getProducerGroup());
            one.start();
        }
        for (Message message : List.copyOf(received)) {
            producer.send(addressed(message, "Forwarded"));
            Message delayed = addressed(message, "Delayed");
            delayed.setDelayTimeLevel(1);
            producer.send(delayed);
            transactional.sendMessageInTransaction(addressed(message, "Transacted"), null);
        }
        producer.shutdown();
        transactional.shutdown();
    }

    private static Message copyOf(Message message) {
        Message copy = new Message(message.getTopic(), message.getBody());
        MessageAccessor.setProperties(copy, new HashMap<>(message.getProperties()));
        return copy;
    }

    private Message addressed(Message message, String topic) {
        Message copy = copyOf(message);
        copy.setTopic(topic + round);
        return copy;
    }

    private long stored(String topic) {
        DefaultMessageStore store = (DefaultMessageStore) broker.getMessageStore();
        var queues = store.getConsumeQueueTable().get(topic);
        return queues == null ? 0 : queues.values().stream().mapToLong(queue -> queue.getMaxOffsetInQueue()).sum();
    }

    static void await(String what, BooleanSupplier isThere) throws InterruptedException {
        for (long end = System.currentTimeMillis() + DEADLINE_MS; !isThere.getAsBoolean(); Thread.sleep(20)) {
            if (System.currentTimeMillis() > end) {
                throw new IllegalStateException("not there: " + what);
            }
        }
    }
}
