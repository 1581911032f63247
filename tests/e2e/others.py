"""The other clients among themselves: when these fail, the harness is at fault and not btfw."""
# SPDX-License-Identifier: LGPL-2.1-or-later

from lib import bencode, peer, runner, sample
from lib.case import Case
from lib.clients import OTHERS


class Others(Case):
    """Each seeds to another one."""

    seconds = 60

    @runner.rows(('aria2_to_libtorrent', 'aria2', 'libtorrent', 'tree'),
                 ('libtorrent_to_aria2', 'libtorrent', 'aria2', 'tree'),
                 ('aria2_to_transmission', 'aria2', 'transmission', 'file'),
                 ('transmission_to_libtorrent', 'transmission', 'libtorrent', 'file'))
    def test(self, seeding, leeching, kind):
        tracker = self.stage.start_tracker()
        made = self.stage.make_torrent(self.stage.make_sample(kind), trackers=[tracker.url])
        OTHERS[seeding](self.stage, 1).seed(made)
        tracker.wait_for_seed(made, 30)
        leecher = OTHERS[leeching](self.stage, 2)
        leecher.download(made, self.stage.path('download'))
        leecher.wait_until_complete()
        self.assert_same_files(made, self.stage.path('download'))


class ByHand(Case):
    """Our own tools against a client that is not ours."""

    def test_seeder_serves_libtorrent(self):
        tracker = self.stage.start_tracker()
        made = self.stage.make_torrent(self.stage.make_sample('tree'), trackers=[tracker.url])
        seeder = peer.Seeder(made, self.stage.address(1))
        self.addCleanup(seeder.stop)
        tracker.add_peer(made.info_hash, seeder.host, seeder.port)
        leecher = OTHERS['libtorrent'](self.stage, 2)
        leecher.download(made, self.stage.path('download'))
        leecher.wait_until_complete()
        self.assert_same_files(made, self.stage.path('download'))
        self.assertGreaterEqual(seeder.sent, made.size)

    def test_decoder_finds_the_info_that_was_hashed(self):
        made = self.stage.make_torrent(self.stage.make_sample('tree'), private=True)
        raw = bencode.raw_member(made.path.read_bytes(), b'info')
        self.assertEqual(raw, bencode.encode(made.info))
        self.assertEqual(bencode.decode(raw)[b'private'], 1)

    def test_samples_are_repeatable(self):
        first = sample.digest(self.stage.make_sample(name='one'))
        again = self.stage.path('elsewhere') / 'one'
        self.assertEqual(sample.digest(sample.make_file(again, 2_000_000)), first)


if __name__ == '__main__':
    runner.main()
