"""A small rosbridge server on loopback, since Debian does not package rosbridge_suite: JSON and cbor, topics and services.

Usage: bridge.py [port]. Prints "listening PORT" once clients may come. tests/ros holds it to frames of rosbridge 0.11.17.
"""

import asyncio
import json
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import cbor2
import rospy
import rosservice
import tornado.ioloop
import tornado.websocket
from forgotten import leave_when_forgotten
from ros_messages import Refused, fill, load_class, to_values

LOOPBACK = "127.0.0.1"
CALLS = ThreadPoolExecutor(max_workers=8)
PUBLISHERS = {}


def encode(topic, message, compression):
    frame = {"op": "publish", "topic": topic}
    if compression == "cbor-raw":
        now = rospy.get_rostime()
        frame["msg"] = {"secs": now.secs, "nsecs": now.nsecs, "bytes": message._buff}
    else:
        frame["msg"] = to_values(message, as_cbor=compression == "cbor")
    return json.dumps(frame) if compression == "none" else cbor2.dumps(frame)


class Client(tornado.websocket.WebSocketHandler):
    """One connection. Frames that make no sense go to the log and are not answered, as the true bridge does it."""

    def initialize(self):
        self.subscribers = {}
        self.services = {}
        self.calls = {}
        self.loop = tornado.ioloop.IOLoop.current()
        # As the true bridge: frames of a client are worked off in their order beside the loop, which goes on answering pings.
        self.work = ThreadPoolExecutor(max_workers=1)

    def check_origin(self, origin):
        return True

    def open(self):
        self.set_nodelay(True)

    def on_message(self, text):
        self.work.submit(self.perform, text)

    def perform(self, text):
        try:
            frame = json.loads(text)
            operation = getattr(self, f"op_{frame.get('op')}", None)
            if operation is None:
                raise Refused(f"unknown operation {frame.get('op')}")
            operation(frame)
        except (Refused, ValueError, KeyError, TypeError, AttributeError, rospy.ROSException) as error:
            print(f"bridge: {error}", file=sys.stderr, flush=True)

    def on_close(self):
        self.work.submit(self.leave)
        self.work.shutdown(wait=False)

    def leave(self):
        for subscribers in self.subscribers.values():
            for subscriber in subscribers.values():
                subscriber.unregister()
        for service in self.services.values():
            service.shutdown("client gone")
        for answered, _ in self.calls.values():
            answered.set()

    def send(self, data):
        """From any thread."""
        self.loop.add_callback(self.transmit, data)

    def transmit(self, data):
        try:
            self.write_message(data, binary=isinstance(data, bytes))
        except tornado.websocket.WebSocketClosedError:
            return

    def op_advertise(self, frame):
        kind = load_class(frame["type"])
        if frame["topic"] not in PUBLISHERS:
            latch = frame.get("latch", False)
            PUBLISHERS[frame["topic"]] = rospy.Publisher(frame["topic"], kind, queue_size=100, latch=latch, tcp_nodelay=True)

    def op_unadvertise(self, frame):
        """Other clients may publish there: publishers stay for as long as the bridge."""

    def op_publish(self, frame):
        publisher = PUBLISHERS.get(frame["topic"])
        if publisher is None:
            raise Refused(f"cannot infer the type of topic {frame['topic']}")
        publisher.publish(fill(publisher.data_class(), frame["msg"]))

    def op_subscribe(self, frame):
        topic, identity = frame["topic"], frame.get("id")
        compression, period = frame.get("compression", "none"), frame.get("throttle_rate", 0) / 1000
        if compression not in ("none", "cbor", "cbor-raw"):
            raise Refused(f"compression {compression} is not supported here")
        last = 0.0

        def deliver(message):
            nonlocal last
            now = time.monotonic()
            if now - last < period:
                return
            last = now
            try:
                self.send(encode(topic, message, compression))
            except Refused as error:
                print(f"bridge: {error}", file=sys.stderr, flush=True)

        kind = rospy.AnyMsg if compression == "cbor-raw" else load_class(frame["type"])
        subscriber = rospy.Subscriber(topic, kind, deliver, tcp_nodelay=True)
        previous = self.subscribers.setdefault(topic, {}).pop(identity, None)
        if previous is not None:
            previous.unregister()
        self.subscribers[topic][identity] = subscriber

    def op_unsubscribe(self, frame):
        subscribers = self.subscribers.get(frame["topic"], {})
        for identity in [frame["id"]] if frame.get("id") in subscribers else list(subscribers):
            subscribers.pop(identity).unregister()

    def op_call_service(self, frame):
        CALLS.submit(self.call, frame)

    def call(self, frame):
        name = frame["service"]
        answer = {"op": "service_response", "service": name}
        try:
            kind = rosservice.get_service_type(name)
            if kind is None:
                raise Refused(f"Service {name} does not exist")
            service = load_class(kind, "srv")
            request = fill(service._request_class(), frame.get("args") or {})
            answer["values"] = to_values(rospy.ServiceProxy(name, service)(request))
            answer["result"] = True
        except (Refused, rospy.ServiceException, rosservice.ROSServiceException, OSError) as error:
            answer["values"] = str(error)
            answer["result"] = False
        if "id" in frame:
            answer["id"] = frame["id"]
        self.send(json.dumps(answer))

    def op_advertise_service(self, frame):
        name, service = frame["service"], load_class(frame["type"], "srv")

        def ask(request):
            identity = f"service_request:{name}:{len(self.calls)}:{time.monotonic_ns()}"
            answered, answer = threading.Event(), {}
            self.calls[identity] = (answered, answer)
            call = {"op": "call_service", "id": identity, "service": name, "args": to_values(request)}
            self.send(json.dumps(call))
            answered.wait()
            self.calls.pop(identity, None)
            if not answer.get("result"):
                raise rospy.ServiceException(str(answer.get("values", "the client is gone")))
            return fill(service._response_class(), answer["values"])

        self.services[name] = rospy.Service(name, service, ask)

    def op_unadvertise_service(self, frame):
        service = self.services.pop(frame["service"], None)
        if service is not None:
            service.shutdown("unadvertised")

    def op_service_response(self, frame):
        answered, answer = self.calls[frame["id"]]
        answer.update(frame)
        answered.set()


async def main(port):
    server = tornado.web.Application([(r".*", Client)], websocket_max_message_size=10_000_000).listen(port, LOOPBACK)
    listening = next(iter(server._sockets.values())).getsockname()[1]
    print(f"listening {listening}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    rospy.init_node("rosbridge", disable_signals=True, disable_rosout=True)
    threading.Thread(target=leave_when_forgotten, daemon=True).start()
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 0))
