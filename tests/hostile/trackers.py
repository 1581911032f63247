"""Trackers that answer with anything but a proper reply (E01, E02)."""
# SPDX-License-Identifier: LGPL-2.1-or-later

import socket

from hostile import HostileCase
from lib import bencode, runner
from lib.waiting import hold

LONG = 10 << 20


def write_endless(handler):
    """Chunks without end."""
    handler.wfile.write(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
    while True:
        handler.wfile.write(b'10000\r\n' + b'd' * 65536 + b'\r\n')


def write_nothing(handler):
    """A reply whose end never comes."""
    handler.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nd8:interval')
    handler.wfile.flush()
    handler.connection.recv(1)


BAD_REPLIES = (
    ('empty', b''),
    ('html', b'<html><body>It works!</body></html>'),
    ('ten_megabytes', b'd' * LONG),
    ('endless', write_endless),
    ('unfinished', write_nothing),
    ('deeply_nested', b'l' * 1_000_000),
    ('long_failure', bencode.encode({'failure reason': 'x' * 1_000_000 + '\x1b[31m\r\n'})),
    ('no_dictionary', b'i1e'),
    ('status_500', (500, {}, b'oops')),
    ('long_string', b'd5:peers99999999999999999999:'),
)


class Replies(HostileCase):
    """The tracker misbehaves; a peer that was named by hand delivers."""

    def start(self, answer):
        """A download with that tracker, and without any peer."""
        tracker = self.stage.start_tracker()
        tracker.answer = answer
        self.made = self.stage.make_torrent(self.made.root, 'tracked.torrent', piece_length=65536,
                                            trackers=[tracker.url])
        return tracker

    @runner.rows(*BAD_REPLIES)
    def test_bad_reply(self, reply):
        """E01: the text is short and clean, memory stays, the tracker is left alone for a while."""
        tracker = self.start(lambda announce: reply)
        self.start_leeching('--verbose')
        self.memory = self.btfw.process.memory()['VmRSS']
        tracker.wait_for_announce(event='started')
        hold(lambda: self.btfw.process.is_running and len(tracker.announces) <= 2, 2, 'peace for the tracker')
        self.assert_is_well()
        self.assertNotIn('\x1b', self.btfw.notices)
        self.assertTrue(all(len(line) < 2000 for line in self.btfw.notices.splitlines()))
        seeder = self.start_seeder(2)
        seeder.call(self.btfw.address, self.btfw.port)
        self.assert_downloads()

    @runner.rows(('zero', 0), ('negative', -1), ('one', 1), ('huge', 1 << 31), ('text', 'soon'))
    def test_interval(self, interval):
        """E02: it is brought into [60 s, 24 h], and the peers are used."""
        peers = socket.inet_aton(self.stage.address(2)) + (6881).to_bytes(2, 'big')
        tracker = self.start(lambda announce: bencode.encode({'interval': interval, 'peers': peers}))
        self.start_seeder(2)
        self.start_leeching()
        self.assert_downloads()
        self.assertEqual(tracker.events()[0], 'started')
        self.assertLessEqual(len(tracker.announces), 3)

    @runner.rows(
        ('an_odd_length', lambda good: {'peers': good + b'\1\2\3'}),
        ('a_port_out_of_range', lambda good: {'peers': [{'ip': '198.18.0.9', 'port': 70000},
                                                        {'ip': '198.18.0.2', 'port': 6881}]}),
        ('an_odd_name', lambda good: {'peers': [{'ip': '../x', 'port': 6881}, {'ip': '198.18.0.2', 'port': 6881}]}),
        ('no_dictionaries', lambda good: {'peers': [1, 'x', [], {'ip': '198.18.0.2', 'port': 6881}]}),
        ('port_zero', lambda good: {'peers': socket.inet_aton('198.18.0.9') + b'\0\0' + good}),
        ('addresses_of_nobody', lambda good: {'peers': socket.inet_aton('0.0.0.0') + b'\1\1' +
                                              socket.inet_aton('255.255.255.255') + b'\1\1' +
                                              socket.inet_aton('224.0.0.1') + b'\1\1' + good}))
    def test_peers_with(self, make):
        """E02: bad entries are dropped, good ones are kept."""
        good = socket.inet_aton(self.stage.address(2)) + (6881).to_bytes(2, 'big')
        self.start(lambda announce: bencode.encode({'interval': 1800} | make(good)))
        self.start_seeder(2)
        self.start_leeching()
        self.assert_downloads()

    def test_a_tracker_cannot_send_it_to_this_machine(self):
        """A tracker of the internet names 127.0.0.1."""
        with socket.create_server(('127.0.0.1', 4444)) as canary:
            canary.settimeout(3)
            peers = socket.inet_aton('127.0.0.1') + (4444).to_bytes(2, 'big')
            tracker = self.start(lambda announce: bencode.encode({'interval': 1800, 'peers': peers}))
            self.start_leeching()
            tracker.wait_for_announce(event='started')
            with self.assertRaises(TimeoutError):
                canary.accept()


if __name__ == '__main__':
    runner.main()
