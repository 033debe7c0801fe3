import { WireReader, WireType } from "./wire_reader.ts";
import { WireWriter } from "./wire_writer.ts";

/** DataRequest's and DataResponse's field numbers, by those of DataPacket. */
const DATA_OF_PACKET = [0, 4, 5, 6, 7, 1, 2, 3, 8] as const;
const PACKET_OF_DATA = [0, 5, 6, 7, 1, 2, 3, 4, 8] as const;

/** A DataRequest as the DataPacket that says the same: other field numbers over the same bytes. */
export function dataToPacket(data: Uint8Array): Uint8Array {
  return retag(data, PACKET_OF_DATA);
}

/** A DataPacket as the DataResponse that says the same. */
export function packetToData(packet: Uint8Array): Uint8Array {
  return retag(packet, DATA_OF_PACKET);
}

function retag(bytes: Uint8Array, numbers: readonly number[]): Uint8Array {
  const reader = new WireReader(bytes);
  const writer = new WireWriter(bytes.length);
  while (reader.next()) {
    const number = numbers[reader.field];
    const start = reader.position;
    reader.skip();
    // Unknown fields have no place in the other message: they are left out.
    if (number === undefined || reader.wireType !== WireType.bytes) continue;
    writer.tag(number, WireType.bytes);
    writer.range(bytes, start, reader.position);
  }
  return writer.take();
}
