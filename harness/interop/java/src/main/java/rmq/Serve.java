package rmq;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

import org.apache.rocketmq.broker.BrokerController;
import org.apache.rocketmq.client.consumer.DefaultMQPullConsumer;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.PullResult;
import org.apache.rocketmq.client.consumer.PullStatus;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageAccessor;
import org.apache.rocketmq.common.message.MessageConst;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;
import org.apache.rocketmq.common.topic.TopicValidator;
import org.apache.rocketmq.store.DefaultMessageStore;
import org.apache.rocketmq.store.timer.TimerMessageStore;

/**
 * serve ROOT: a broker on free ports and clients of it, until stdin ends or says "halt". A line of stdin is a request, and a line
 * of type "done" ends its answer:
 *
 * send TOPIC QUEUE FIRST N [LIGHT,LIGHT]   messages m<FIRST> .., also into light queues
 * delay TOPIC QUEUE FIRST N LEVEL [BYTES]  the same with a delay, and as long as that
 * read GROUP TOPIC QUEUE                   from where the group is to the end; the group is then there
 * back GROUP TOPIC QUEUE LEVEL             the same, and sends all of it back, to come again after a delay
 * push GROUP TOPIC N MOST LEVEL [KEY:TIMES,KEY:TIMES]
 *                                          a push consumer, until it was handed N messages and has nothing left; one whose first
 *                                          key is such a one fails while it was sent back less than TIMES times, and comes
 *                                          again after LEVEL, up to MOST times
 * timer TOPIC QUEUE FIRST N MS             the same as delay, at an exact time so many ms from now
 * cancel TOPIC QUEUE AT KEY                takes back what was sent with that key, to be delivered at that time
 * hold                                     delivers no delayed messages any more, as in the middle of an orderly shutdown
 * release                                  goes on delivering them
 */
final class Serve {
    private static final int TIMEOUT_MS = 120_000;
    private static final int BATCH = 32;

    private final BrokerController broker;
    private final Map<String, DefaultMQPullConsumer> consumers = new HashMap<>();
    private final DefaultMQProducer producer = new DefaultMQProducer("serving");

    private Serve(BrokerController broker) {
        this.broker = broker;
    }

    static void run(Args args) throws Exception {
        Push.lookOften();
        BrokerNode.withBroker(args, broker -> new Serve(broker).serve());
    }

    private void serve() throws Exception {
        producer.setNamesrvAddr(broker.getBrokerConfig().getNamesrvAddr());
        producer.setSendMsgTimeout(TIMEOUT_MS);
        producer.setMqClientApiTimeout(TIMEOUT_MS);
        producer.start();
        Out.line("type", "done");
        BufferedReader requests = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = requests.readLine(); line != null; line = requests.readLine()) {
            answer(line.split(" "));
            Out.line("type", "done");
        }
    }

    private void answer(String[] words) throws Exception {
        switch (words[0]) {
            case "send" -> send(words);
            case "delay" -> delay(words);
            case "read" -> read(words[1], new MessageQueue(words[2], "b", Integer.parseInt(words[3])), 0);
            case "back" -> read(words[1], new MessageQueue(words[2], "b", Integer.parseInt(words[3])), Integer.parseInt(words[4]));
            case "push" -> push(words);
            case "release" -> broker.getScheduleMessageService().start();
            case "timer" -> timer(words);
            case "cancel" -> cancel(words);
            case "hold" -> broker.getScheduleMessageService().stop();
            case "halt" -> {
                broker.getConsumerOffsetManager().persist();
                Runtime.getRuntime().halt(137);
            }
            default -> throw new IllegalArgumentException(words[0]);
        }
    }

    private void send(String[] words) throws Exception {
        MessageQueue queue = new MessageQueue(words[1], "b", Integer.parseInt(words[2]));
        int first = Integer.parseInt(words[3]);
        for (int id = first; id < first + Integer.parseInt(words[4]); id++) {
            Message message = new Message(queue.getTopic(), "TagA", "k" + id, ("m" + id).repeat(1 + id % 50).getBytes(StandardCharsets.UTF_8));
            if (words.length > 5) {
                message.putUserProperty(MessageConst.PROPERTY_INNER_MULTI_DISPATCH, words[5]);
            }
            SendResult result = producer.send(message, queue);
            Out.line("type", "sent", "id", id, "status", result.getSendStatus().name(), "offset", result.getQueueOffset());
        }
    }

    private void delay(String[] words) throws Exception {
        MessageQueue queue = new MessageQueue(words[1], "b", Integer.parseInt(words[2]));
        int first = Integer.parseInt(words[3]);
        for (int id = first; id < first + Integer.parseInt(words[4]); id++) {
            String text = "m" + id;
            int times = words.length > 6 ? Integer.parseInt(words[6]) / text.length() : 1 + id % 50;
            Message message = new Message(queue.getTopic(), "Tag" + id % 3, "k" + id + " odd" + id % 2, text.repeat(times).getBytes(StandardCharsets.UTF_8));
            message.putUserProperty("id", String.valueOf(id));
            message.setFlag(id);
            message.setDelayTimeLevel(Integer.parseInt(words[5]));
            SendResult result = producer.send(message, queue);
            Out.line("type", "sent", "id", id, "status", result.getSendStatus().name(), "offset", result.getQueueOffset());
        }
    }

    /** Even numbers say when, odd ones after how long. */
    private void timer(String[] words) throws Exception {
        MessageQueue queue = new MessageQueue(words[1], "b", Integer.parseInt(words[2]));
        int first = Integer.parseInt(words[3]);
        long delayMs = Long.parseLong(words[5]);
        for (int id = first; id < first + Integer.parseInt(words[4]); id++) {
            Message message = new Message(queue.getTopic(), "Tag" + id % 3, "k" + id + " odd" + id % 2, ("m" + id).repeat(1 + id % 50).getBytes(StandardCharsets.UTF_8));
            message.putUserProperty("id", String.valueOf(id));
            message.setFlag(id);
            if (id % 2 == 0) {
                message.setDeliverTimeMs(System.currentTimeMillis() + delayMs);
            } else {
                message.setDelayTimeMs(delayMs);
            }
            SendResult result = producer.send(message, queue);
            Out.line("type", "sent", "id", id, "status", result.getSendStatus().name(), "offset", result.getQueueOffset(),
                "at", message.getDeliverTimeMs(), "key", result.getMsgId());
        }
    }

    private void cancel(String[] words) throws Exception {
        Message message = new Message(words[1], new byte[] {1});
        message.setDeliverTimeMs(Long.parseLong(words[3]));
        MessageAccessor.putProperty(message, TimerMessageStore.TIMER_DELETE_UNIQUE_KEY, words[4]);
        SendResult result = producer.send(message, new MessageQueue(words[1], "b", Integer.parseInt(words[2])));
        Out.line("type", "sent", "status", result.getSendStatus().name());
    }

    /** What is read is sent back if there is a level for it. */
    private void read(String group, MessageQueue queue, int backLevel) throws Exception {
        StoreKit.awaitDispatch((DefaultMessageStore) broker.getMessageStore());
        DefaultMQPullConsumer consumer = consumer(group);
        long from = Math.max(0, consumer.fetchConsumeOffset(queue, true));
        long next = from;
        for (PullResult found = pull(consumer, queue, next); found.getPullStatus() == PullStatus.FOUND; found = pull(consumer, queue, next)) {
            for (MessageExt message : found.getMsgFoundList()) {
                given(message);
                if (backLevel > 0) {
                    consumer.sendMessageBack(message, backLevel);
                }
            }
            next = found.getNextBeginOffset();
        }
        consumer.getDefaultMQPullConsumerImpl().getOffsetStore().updateConsumeOffsetToBroker(queue, next, false);
        Out.line("type", "progress", "from", from, "to", next);
    }

    private static void given(MessageExt message) {
        Out.line("type", "read", "body", new String(message.getBody(), StandardCharsets.UTF_8), "tags", message.getTags(),
            "keys", message.getKeys(), "flag", message.getFlag(), "reconsumeTimes", message.getReconsumeTimes(),
            "topic", message.getTopic(), "properties", message.getProperties());
    }

    private void push(String[] words) throws Exception {
        String group = words[1];
        Map<String, Integer> failing = new HashMap<>();
        for (String one : words.length > 6 ? words[6].split(",") : new String[0]) {
            failing.put(one.split(":")[0], Integer.parseInt(one.split(":")[1]));
        }
        AtomicInteger count = new AtomicInteger();
        Push.Retry retry = new Push.Retry(Integer.parseInt(words[4]), Integer.parseInt(words[5]));
        String namesrv = broker.getBrokerConfig().getNamesrvAddr();
        DefaultMQPushConsumer consumer = Push.start(namesrv, group, words[2], retry, message -> {
            given(message);
            count.incrementAndGet();
            return message.getReconsumeTimes() >= failing.getOrDefault(message.getKeys().split(" ")[0], 0);
        });
        int most = Integer.parseInt(words[3]);
        Copies.await(most + " messages", () -> count.get() >= most);
        Copies.await("all done", () -> {
            consumer.getDefaultMQPushConsumerImpl().persistConsumerOffset(); // the first time would be after 10 s
            return isDone(group, words[2]) && isDone(group, "%RETRY%" + group);
        });
        consumer.shutdown();
    }

    /** Whether a group has told that it has nothing left of a topic. */
    private boolean isDone(String group, String topic) {
        DefaultMessageStore store = (DefaultMessageStore) broker.getMessageStore();
        var queues = store.getConsumeQueueTable().get(topic);
        return store.dispatchBehindBytes() == 0 && (queues == null || queues.values().stream().allMatch(queue ->
            Math.max(0, broker.getConsumerOffsetManager().queryOffset(group, topic, queue.getQueueId())) == queue.getMaxOffsetInQueue()));
    }

    private DefaultMQPullConsumer consumer(String group) throws Exception {
        DefaultMQPullConsumer known = consumers.get(group);
        if (known != null) {
            return known;
        }
        DefaultMQPullConsumer consumer = new DefaultMQPullConsumer(group);
        consumer.setNamesrvAddr(broker.getBrokerConfig().getNamesrvAddr());
        consumer.setInstanceName(group);
        consumer.setMqClientApiTimeout(TIMEOUT_MS);
        consumer.start();
        // nobody tells where a light queue is: the client must have heard of the broker by another topic
        consumer.getDefaultMQPullConsumerImpl().getRebalanceImpl().getmQClientFactory()
            .updateTopicRouteInfoFromNameServer(TopicValidator.AUTO_CREATE_TOPIC_KEY_TOPIC);
        consumers.put(group, consumer);
        return consumer;
    }

    private static PullResult pull(DefaultMQPullConsumer consumer, MessageQueue queue, long from) throws Exception {
        return consumer.pull(queue, "*", from, BATCH, TIMEOUT_MS);
    }
}
