"""The vendors' own SDKs talk to `armature emulate` over its serial port, as they would to servos."""
import os
import signal
import subprocess
import time
from pathlib import Path

import dynamixel_sdk as dynamixel
import pytest
import scservo_sdk as feetech

ROOT = Path(__file__).resolve().parents[2]
# On a busy machine; the SDKs' own waiting is some 35 ms.
START_S = 60
ATTEMPTS = 20


class Emulator:
    def __init__(self, folder, robot, *options):
        self.port = str(folder / 'arm')
        words = ['node', '--import', 'tsx', 'src/cli/main.ts', 'emulate', '--robot', robot, '--link', self.port, '--scene', 'none', *options]
        self.errors = folder / 'errors'
        with self.errors.open('w') as errors:
            self.process = subprocess.Popen(words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True)
        self.wait_for(f'ready {self.port}')

    def wait_for(self, words):
        for line in self.process.stdout:
            if line.startswith(words):
                return
        raise AssertionError(self.errors.read_text())

    def tell(self, line):
        self.process.stdin.write(line + '\n')
        self.process.stdin.flush()
        self.wait_for(f'done: {line}')

    def close(self):
        self.process.send_signal(signal.SIGINT)
        self.process.communicate(timeout=START_S)
        assert self.process.returncode == 0, self.errors.read_text()
        assert not os.path.lexists(self.port)


def patient(handler, ask, good):
    """Asks again while the answer did not come in time: the machine may be busy. An answer that came counts, whatever it is."""
    for _ in range(ATTEMPTS):
        answer = ask()
        if good(answer):
            return answer
        time.sleep(0.05)
        # The SDKs would take an answer that comes late for that to the next question.
        handler.ser.reset_input_buffer()
    raise AssertionError(answer)


class FeetechBus:
    timeout = feetech.COMM_RX_TIMEOUT

    def __init__(self, path):
        self.handler = feetech.PortHandler(path)
        assert self.handler.openPort()
        assert self.handler.setBaudRate(1_000_000)
        self.packets = feetech.PacketHandler(0)

    def close(self):
        self.handler.closePort()

    def ping(self, motor):
        model, _, error = patient(self.handler, lambda: self.packets.ping(self.handler, motor), lambda answer: answer[1] == feetech.COMM_SUCCESS)
        return model, error

    def is_silent(self, motor):
        return self.packets.ping(self.handler, motor)[1] == self.timeout

    def read(self, motor, address, size):
        read = {1: self.packets.read1ByteTxRx, 2: self.packets.read2ByteTxRx}[size]
        return patient(self.handler, lambda: read(self.handler, motor, address), lambda answer: answer[1] == feetech.COMM_SUCCESS)[0]

    def write(self, motor, address, value, size):
        write = {1: self.packets.write1ByteTxRx, 2: self.packets.write2ByteTxRx}[size]
        return patient(self.handler, lambda: write(self.handler, motor, address, value), lambda answer: answer[0] == feetech.COMM_SUCCESS)[1]


class DynamixelBus(FeetechBus):
    timeout = dynamixel.COMM_RX_TIMEOUT

    def __init__(self, path):
        self.handler = dynamixel.PortHandler(path)
        assert self.handler.openPort()
        assert self.handler.setBaudRate(1_000_000)
        self.packets = dynamixel.PacketHandler(2.0)

    def read(self, motor, address, size):
        read = {1: self.packets.read1ByteTxRx, 2: self.packets.read2ByteTxRx, 4: self.packets.read4ByteTxRx}[size]
        return patient(self.handler, lambda: read(self.handler, motor, address), lambda answer: answer[1] == dynamixel.COMM_SUCCESS)[0]

    def write(self, motor, address, value, size):
        write = {1: self.packets.write1ByteTxRx, 2: self.packets.write2ByteTxRx, 4: self.packets.write4ByteTxRx}[size]
        return patient(self.handler, lambda: write(self.handler, motor, address, value), lambda answer: answer[0] == dynamixel.COMM_SUCCESS)[1]


@pytest.fixture(scope='module')
def so101(tmp_path_factory):
    emulator = Emulator(tmp_path_factory.mktemp('so101'), 'so101')
    yield emulator
    emulator.close()


@pytest.fixture
def feetech_bus(so101):
    so101.tell('fault clear')
    bus = FeetechBus(so101.port)
    yield bus
    bus.close()


@pytest.fixture(scope='module')
def xl_arm(tmp_path_factory):
    emulator = Emulator(tmp_path_factory.mktemp('xl'), 'tests/fixtures/dynamixel-arm')
    yield emulator
    emulator.close()


@pytest.fixture
def dynamixel_bus(xl_arm):
    bus = DynamixelBus(xl_arm.port)
    yield bus
    bus.close()


class TestFeetech:
    def test_ping(self, feetech_bus):
        assert [feetech_bus.ping(motor) for motor in range(1, 7)] == [(777, 0)] * 6
        assert feetech_bus.is_silent(7)

    def test_read_and_write(self, feetech_bus):
        assert feetech_bus.write(1, 41, 50, 1) == 0
        assert feetech_bus.read(1, 41, 1) == 50
        assert feetech_bus.read(1, 62, 1) == 74

    def test_sync_read_and_sync_write(self, feetech_bus):
        handler, packets = feetech_bus.handler, feetech_bus.packets
        for motor in range(1, 7):
            feetech_bus.write(motor, 40, 1, 1)
        goals = {motor: feetech_bus.read(motor, 56, 2) for motor in range(1, 7)}
        goals[1] = 2200
        goals[5] = 1900
        writer = feetech.GroupSyncWrite(handler, packets, 42, 2)
        for motor, goal in goals.items():
            assert writer.addParam(motor, [goal & 0xFF, goal >> 8])
        assert writer.txPacket() == feetech.COMM_SUCCESS
        reader = feetech.GroupSyncRead(handler, packets, 56, 15)
        for motor in goals:
            assert reader.addParam(motor)

        def positions():
            time.sleep(0.2)
            result = reader.txRxPacket()
            return result, {motor: reader.getData(motor, 56, 2) for motor in goals} if result == feetech.COMM_SUCCESS else {}

        def arrived(answer):
            result, found = answer
            return result == feetech.COMM_SUCCESS and all(abs(found[motor] - goal) <= 8 for motor, goal in goals.items())

        _, found = patient(handler, positions, arrived)
        assert abs(found[1] - 2200) <= 8
        for motor in goals:
            feetech_bus.write(motor, 40, 0, 1)

    def test_reg_write_waits_for_action(self, feetech_bus):
        handler, packets = feetech_bus.handler, feetech_bus.packets
        feetech_bus.write(2, 41, 10, 1)
        assert packets.regWriteTxRx(handler, 2, 41, 1, [77])[0] == feetech.COMM_SUCCESS
        assert feetech_bus.read(2, 41, 1) == 10
        packets.action(handler, feetech.BROADCAST_ID)
        assert feetech_bus.read(2, 41, 1) == 77

    def test_eeprom_lock(self, so101, feetech_bus):
        feetech_bus.write(3, 55, 1, 1)
        feetech_bus.write(3, 21, 40, 1)
        assert feetech_bus.read(3, 21, 1) == 40
        power_cycle(so101, feetech_bus, 3)
        # Locked, the value did not outlive the power.
        assert feetech_bus.read(3, 21, 1) == 32
        feetech_bus.write(3, 55, 0, 1)
        feetech_bus.write(3, 21, 40, 1)
        power_cycle(so101, feetech_bus, 3)
        assert feetech_bus.read(3, 21, 1) == 40
        assert feetech_bus.read(3, 55, 1) == 1

    def test_a_silent_servo_and_one_that_is_hot(self, so101, feetech_bus):
        so101.tell('fault silent 4')
        so101.tell('fault overheat 5 90')
        assert feetech_bus.is_silent(4)
        time.sleep(0.05)
        assert feetech_bus.ping(5) == (777, feetech_error('overheat'))
        so101.tell('fault clear')
        assert feetech_bus.ping(4) == (777, 0)

    def test_a_port_that_is_closed_and_opened_again(self, so101, feetech_bus):
        for _ in range(3):
            bus = FeetechBus(so101.port)
            assert bus.ping(6) == (777, 0)
            bus.close()


def feetech_error(name):
    return {'voltage': 1, 'overheat': 4, 'overload': 32}[name]


def power_cycle(emulator, bus, motor):
    emulator.tell('fault brown-out 0.05')
    time.sleep(0.1)
    bus.ping(motor)


class TestDynamixel:
    def test_ping(self, dynamixel_bus):
        assert [dynamixel_bus.ping(motor)[0] for motor in (1, 2, 3)] == [1060, 1200, 1200]
        assert dynamixel_bus.is_silent(4)

    def test_broadcast_ping(self, dynamixel_bus):
        found, _ = patient(dynamixel_bus.handler, lambda: dynamixel_bus.packets.broadcastPing(dynamixel_bus.handler), lambda answer: len(answer[0]) == 3)
        assert {motor: model for motor, (model, _) in found.items()} == {1: 1060, 2: 1200, 3: 1200}

    def test_read_and_write(self, dynamixel_bus):
        assert dynamixel_bus.write(2, 112, 100, 4) == 0
        assert dynamixel_bus.read(2, 112, 4) == 100
        assert dynamixel_bus.read(1, 144, 2) > 0

    def test_eeprom_is_locked_while_the_torque_is_on(self, dynamixel_bus):
        assert dynamixel_bus.write(3, 64, 1, 1) == 0
        assert dynamixel_bus.write(3, 9, 10, 1) == dynamixel.ERRNUM_ACCESS
        assert dynamixel_bus.write(3, 64, 0, 1) == 0
        assert dynamixel_bus.write(3, 9, 10, 1) == 0
        assert dynamixel_bus.packets.reboot(dynamixel_bus.handler, 3)[0] == dynamixel.COMM_SUCCESS
        assert dynamixel_bus.read(3, 9, 1) == 10

    def test_values_beyond_their_limits_are_refused(self, dynamixel_bus):
        assert dynamixel_bus.write(2, 112, 40_000, 4) == dynamixel.ERRNUM_DATA_LIMIT
        assert dynamixel_bus.write(2, 132, 0, 4) == dynamixel.ERRNUM_ACCESS

    @pytest.mark.parametrize('fast', [False, True])
    def test_sync_read_and_sync_write(self, dynamixel_bus, fast):
        handler, packets = dynamixel_bus.handler, dynamixel_bus.packets
        motors = (1, 2, 3)
        for motor in motors:
            dynamixel_bus.write(motor, 64, 1, 1)
        goals = {motor: dynamixel_bus.read(motor, 132, 4) + (150 if fast else -150) * (1 if motor < 3 else 0) for motor in motors}
        writer = dynamixel.GroupSyncWrite(handler, packets, 116, 4)
        for motor, goal in goals.items():
            assert writer.addParam(motor, goal.to_bytes(4, 'little'))
        assert writer.txPacket() == dynamixel.COMM_SUCCESS
        reader = dynamixel.GroupSyncRead(handler, packets, 126, 21)
        for motor in motors:
            assert reader.addParam(motor)

        def ask():
            time.sleep(0.2)
            result = reader.fastSyncRead() if fast else reader.txRxPacket()
            return result, {motor: reader.getData(motor, 132, 4) for motor in motors}

        def arrived(answer):
            result, found = answer
            return result == dynamixel.COMM_SUCCESS and all(abs(found[motor] - goal) <= 30 for motor, goal in goals.items())

        patient(handler, ask, arrived)
        for motor in motors:
            dynamixel_bus.write(motor, 64, 0, 1)

    def test_bulk_read_and_bulk_write(self, dynamixel_bus):
        handler, packets = dynamixel_bus.handler, dynamixel_bus.packets
        writer = dynamixel.GroupBulkWrite(handler, packets)
        assert writer.addParam(1, 65, 1, [1])
        assert writer.addParam(2, 112, 4, [50, 0, 0, 0])
        assert writer.txPacket() == dynamixel.COMM_SUCCESS
        reader = dynamixel.GroupBulkRead(handler, packets)
        assert reader.addParam(1, 65, 1)
        assert reader.addParam(2, 112, 4)
        patient(handler, reader.txRxPacket, lambda result: result == dynamixel.COMM_SUCCESS)
        assert (reader.getData(1, 65, 1), reader.getData(2, 112, 4)) == (1, 50)
