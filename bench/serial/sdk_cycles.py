"""Full cycles with Feetech's own SDK (PyPI feetech-servo-sdk), as bench/serial/measure-bus.ts does them: one line of JSON.

sdk_cycles.py PORT SECONDS ID...
"""

import json
import resource
import sys
import time

import scservo_sdk as sdk

FIRST, LENGTH = 56, 15
GOAL, GOAL_LENGTH = 42, 2
WARM_UP = 50


def cpu_s():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main(path, seconds, ids):
    port = sdk.PortHandler(path)
    port.openPort()
    port.setBaudRate(1000000)
    handler = sdk.PacketHandler(0)
    reader = sdk.GroupSyncRead(port, handler, FIRST, LENGTH)
    writer = sdk.GroupSyncWrite(port, handler, GOAL, GOAL_LENGTH)
    goals = {}
    for servo in ids:
        reader.addParam(servo)
        goals[servo] = handler.read2ByteTxRx(port, servo, FIRST)[0]
    incomplete = 0

    def cycle():
        nonlocal incomplete
        if reader.txRxPacket() != sdk.COMM_SUCCESS:
            incomplete += 1
        writer.clearParam()
        for servo in ids:
            writer.addParam(servo, [goals[servo] & 255, goals[servo] >> 8])
        writer.txPacket()

    for _ in range(WARM_UP):
        cycle()
    incomplete = 0
    durations = []
    cpu_before = cpu_s()
    start = last = time.monotonic_ns()
    while last - start < seconds * 1e9:
        cycle()
        now = time.monotonic_ns()
        durations.append((now - last) / 1e3)
        last = now
    elapsed = (last - start) / 1e9
    durations.sort()
    figures = {
        "cyclesPerS": len(durations) / elapsed,
        "p50Us": durations[len(durations) // 2],
        "p99Us": durations[int(len(durations) * 0.99)],
        "cpuPercent": 100 * (cpu_s() - cpu_before) / elapsed,
        "incomplete": incomplete,
    }
    print(json.dumps(figures))
    port.closePort()


main(sys.argv[1], float(sys.argv[2]), [int(servo) for servo in sys.argv[3:]])
