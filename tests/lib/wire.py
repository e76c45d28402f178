# SPDX-License-Identifier: MIT
"""
The other end of a network card's cable: frames in and out of QEMU, made and read here, byte for byte.

A Wire answers ARP for its own address and speaks just enough TCP to be a client. Everything else a test sends itself.
"""
import os
import random
import select
import socket
import struct
import time

OWN_MAC, OWN_IP = bytes.fromhex("02ab00000001"), "10.0.2.2"
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16


def checksum(data):
    data += bytes(len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def ip(protocol, payload, src, dst, *, ident=1, frag=0, ttl=64, options=b"", length=None, ihl=None):
    """A packet; length and ihl are what the header claims, if that is not the truth."""
    ihl = 5 + len(options) // 4 if ihl is None else ihl
    length = 20 + len(options) + len(payload) if length is None else length
    head = struct.pack("!BBHHHBBH4s4s", 0x40 | ihl, 0, length & 0xffff, ident, frag, ttl, protocol, 0,
                       socket.inet_aton(src), socket.inet_aton(dst)) + options
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload


def tcp(src, dst, sport, dport, seq, ack, flags, data=b"", *, options=b"", offset=None, window=65535):
    """A segment within its packet; offset: the header's length in words, if that is not the truth."""
    options += bytes(-len(options) % 4)
    offset = 5 + len(options) // 4 if offset is None else offset
    head = struct.pack("!HHIIBBHHH", sport, dport, seq & 0xffffffff, ack & 0xffffffff, offset << 4, flags, window,
                       0, 0) + options + data
    pseudo = socket.inet_aton(src) + socket.inet_aton(dst) + struct.pack("!BBH", 0, 6, len(head))
    return ip(6, head[:16] + struct.pack("!H", checksum(pseudo + head)) + head[18:], src, dst)


def icmp(kind, code, rest, payload=b""):
    data = struct.pack("!BBH", kind, code, 0) + rest + payload
    return data[:2] + struct.pack("!H", checksum(data)) + data[4:]


class Wire:
    """A cable of a machine's card: flags() are for QEMU's command line."""

    def __init__(self):
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.sock.bind(("127.0.0.1", 0))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            other.bind(("127.0.0.1", 0))
            self.card = other.getsockname()
        self.mac = None  # the card's, when it has said something
        self.port = 20000

    def flags(self):
        own = self.sock.getsockname()
        return ("-netdev", f"socket,id=net,udp={own[0]}:{own[1]},localaddr={self.card[0]}:{self.card[1]}",
                "-device", "virtio-net-pci,netdev=net")

    def frame(self, data):
        self.sock.sendto(data, self.card)

    def packet(self, data):
        self.frame((self.mac or b"\xff" * 6) + OWN_MAC + b"\x08\x00" + data)

    def receive(self, timeout):
        """The next IP packet, or None; ARP is answered on the way."""
        end = time.monotonic() + timeout
        while select.select([self.sock], [], [], max(0, end - time.monotonic()))[0]:
            data = self.sock.recv(65536)
            if data[12:14] == b"\x08\x06":
                self.answer_arp(data)
            elif data[12:14] == b"\x08\x00":
                return data[14:]
        return None

    def answer_arp(self, data):
        if data[20:22] == b"\x00\x01" and data[38:42] == socket.inet_aton(OWN_IP):
            self.mac = data[6:12]
            self.frame(self.mac + OWN_MAC + b"\x08\x06" + bytes.fromhex("0001080006040002") + OWN_MAC +
                       data[38:42] + data[22:32])

    def wait_for(self, matches, timeout):
        """The first packet that matches(); others are skipped."""
        end = time.monotonic() + timeout
        while (left := end - time.monotonic()) > 0:
            data = self.receive(left)
            if data and matches(data):
                return data
        return None

    def find(self, ip_address, timeout=30):
        """Asks who has the address until somebody answers."""
        ask = (b"\xff" * 6 + OWN_MAC + b"\x08\x06" + bytes.fromhex("0001080006040001") + OWN_MAC +
               socket.inet_aton(OWN_IP) + bytes(6) + socket.inet_aton(ip_address))
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            self.frame(ask)
            while select.select([self.sock], [], [], 0.5)[0]:
                data = self.sock.recv(65536)
                if data[12:14] == b"\x08\x06" and data[20:22] == b"\x00\x02":
                    self.mac = data[6:12]
                    return self.mac
        return None

    def get(self, address, port, request, timeout=20, between=lambda: None):
        """
        An honest client: a connection, a request, all of the answer. It repeats a SYN once a second as any does;
        between() is called while it waits.
        """
        self.port += 1
        sport, seq = self.port, random.randrange(1 << 32)

        def ours(data):
            at = (data[0] & 15) * 4
            return data[9] == 6 and data[at:at + 4] == struct.pack("!HH", port, sport)

        def send(flags, ack, data=b"", options=b""):
            self.packet(tcp(OWN_IP, address, sport, port, seq, ack, flags, data, options=options))

        end, answer = time.monotonic() + timeout, None
        while not answer and time.monotonic() < end:
            send(SYN, 0, options=bytes.fromhex("020405b4"))
            between()
            answer = self.wait_for(ours, 1)
        if not answer:
            return None
        at = (answer[0] & 15) * 4
        ack, seq = struct.unpack("!I", answer[at + 4:at + 8])[0] + 1, seq + 1
        send(ACK | PSH, ack, request)
        seq, said = seq + len(request), b""
        while time.monotonic() < end:
            data = self.wait_for(ours, end - time.monotonic())
            if not data:
                return None
            at, total = (data[0] & 15) * 4, struct.unpack("!H", data[2:4])[0]
            flags, begin = data[at + 13], at + (data[at + 12] >> 4) * 4
            if flags & RST:
                return None
            if flags & SYN:  # once more: what was sent behind the handshake may be lost, too
                send(ACK, ack)
                self.packet(tcp(OWN_IP, address, sport, port, seq - len(request), ack, ACK | PSH, request))
                continue
            if struct.unpack("!I", data[at + 4:at + 8])[0] == ack & 0xffffffff:
                said += data[begin:total]
                ack += total - begin + (1 if flags & FIN else 0)
                if flags & FIN:
                    send(ACK | FIN, ack)
                    return said
            send(ACK, ack)
        return None


def noise(seed, count, src, dst):
    """Packets that were sound before bytes of them changed, or their ends were cut off."""
    rng = random.Random(seed)
    sound = [tcp(src, dst, 4000, 80, 1, 1, SYN, options=bytes.fromhex("020405b4010303070402")),
             tcp(src, dst, 4000, 80, 1, 1, ACK, os.urandom(40)), ip(1, icmp(8, 0, bytes(4), b"x" * 56), src, dst),
             ip(17, struct.pack("!HHHH", 7, 7, 30, 0) + b"y" * 22, src, dst),
             ip(1, icmp(3, 3, bytes(4), ip(17, bytes(8), dst, src)), src, dst),
             ip(1, b"z" * 64, src, dst, frag=0x2000), ip(6, b"z" * 64, src, dst, options=bytes.fromhex("8703ff00"))]
    for _ in range(count):
        packet = bytearray(rng.choice(sound))
        for _ in range(rng.randrange(1, 5)):
            packet[rng.randrange(len(packet))] = rng.randrange(256)
        if rng.random() < 0.3:
            packet = packet[:rng.randrange(len(packet))]
        if rng.random() < 0.7 and len(packet) >= 20:  # the header's sum is right, so that it is believed
            packet[10:12] = b"\0\0"
            head = bytes(packet[:max(20, (packet[0] & 15) * 4)])
            packet[10:12] = struct.pack("!H", checksum(head))
        yield bytes(packet)
