"""A client of HubService.Process with grpcio, for tests/hub/clients_test.ts.

Reads orders from standard input and tells what happens on standard output, one JSON object a line;
tests/hub/testing/foreign_client.ts says which. The first argument is the folder of the .proto files.
"""

import json
import queue
import sys
import threading

import grpc
from google.protobuf import json_format

sys.path.insert(0, sys.argv[1])
hub_pb2, _ = grpc.protos_and_services("transport/v1/hub.proto")

MAX_MESSAGE_BYTES = 10 * 1024 * 1024
OPTIONS = [
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    # The hub has to hold its limit itself.
    ("grpc.max_send_message_length", -1),
    ("grpc.use_local_subchannel_pool", 1),
]
output = threading.Lock()


def tell(stream, **event):
    with output:
        print(json.dumps({"stream": stream, **event}), flush=True)


def serialize(request):
    return request if isinstance(request, bytes) else request.SerializeToString()


class Stream:
    def __init__(self, order):
        self.name = order["open"]
        self.credit = order.get("credit", False)
        self.requests = queue.SimpleQueue()
        pem = {k: order[k].encode() for k in ("ca", "key", "certificate") if k in order}
        credentials = grpc.ssl_channel_credentials(pem["ca"], pem.get("key"), pem.get("certificate"))
        self.channel = grpc.secure_channel(order["address"], credentials, OPTIONS)
        process = self.channel.stream_stream(
            "/transport.v1.HubService/Process",
            request_serializer=serialize,
            response_deserializer=hub_pb2.ProcessResponse.FromString,
        )
        self.call = process(iter(self.requests.get, None), metadata=tuple(order["headers"].items()))
        threading.Thread(target=self.receive, daemon=True).start()

    def receive(self):
        try:
            for response in self.call:
                if response.HasField("packet"):
                    self.received(response.packet)
        except grpc.RpcError:
            pass
        tell(self.name, status=self.call.code().value[0], details=self.call.details() or "")

    def received(self, packet):
        if packet.metadata.get("bubu-heartbeat") == "true":
            return tell(self.name, heartbeat=True)
        tell(
            self.name,
            payload=json_format.MessageToDict(packet.payload),
            metadata=dict(packet.metadata),
            sequence=packet.envelope.sequence,
        )
        if self.credit:
            flow = {"ack": packet.envelope.sequence, "credits_messages": 1}
            self.requests.put(hub_pb2.ProcessRequest(flow=flow))

    def send(self, first, count):
        for n in range(first, first + count):
            request = hub_pb2.ProcessRequest()
            request.packet.metadata["type"] = "chat.message.v1"
            request.packet.payload.update({"n": n, "text": "Grüße", "list": [None, True, 1.5]})
            self.requests.put(request)

    def close(self):
        self.call.cancel()
        self.channel.close()


streams = {}
for line in sys.stdin:
    order = json.loads(line)
    if "open" in order:
        streams[order["open"]] = Stream(order)
    elif "send" in order:
        streams[order["send"]].send(order["from"], order["count"])
    elif "raw" in order:
        streams[order["raw"]].requests.put(bytes.fromhex(order["hex"]) + bytes(order["zeros"]))
    elif "end" in order:
        streams[order["end"]].requests.put(None)
    elif "close" in order:
        streams.pop(order["close"]).close()
