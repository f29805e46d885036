package rmq;

import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.MessageExt;

/** Push consumers that find quickly what is new. */
final class Push {
    /** A client looks for queues every 20 s and for topics every 30 s; those of retries come after it has started. */
    static void lookOften() {
        System.setProperty("rocketmq.client.rebalance.waitInterval", "300");
        System.setProperty("rocketmq.client.rebalance.minInterval", "100");
    }

    /** Whether a message is done. */
    interface Handler {
        boolean handle(MessageExt message);
    }

    /** What is not done comes again: after a delay of that level, or for 0 of the one that the broker chooses. */
    record Retry(int most, int level) {
    }

    static DefaultMQPushConsumer start(String namesrv, String group, String topic, Retry retry, Handler handler) throws Exception {
        DefaultMQPushConsumer consumer = new DefaultMQPushConsumer(group);
        consumer.setNamesrvAddr(namesrv);
        consumer.setInstanceName(group);
        consumer.setPollNameServerInterval(300);
        consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        consumer.setMaxReconsumeTimes(retry.most());
        consumer.setConsumeMessageBatchMaxSize(1);
        consumer.subscribe(topic, "*");
        consumer.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
            context.setDelayLevelWhenNextConsume(retry.level());
            return handler.handle(messages.get(0)) ? ConsumeConcurrentlyStatus.CONSUME_SUCCESS : ConsumeConcurrentlyStatus.RECONSUME_LATER;
        });
        consumer.start();
        return consumer;
    }
}
