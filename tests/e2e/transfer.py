"""Downloads from and uploads to every other client, through a tracker."""
# SPDX-License-Identifier: LGPL-2.1-or-later

from lib import runner
from lib.case import Case
from lib.clients import OTHERS, Btfw

KIB = 1024
MIB = 1024 * KIB


class FromOthers(Case):
    """They seed, btfw downloads."""

    seconds = 60

    def download(self, client, kind, piece_length, **arguments):
        """From one client, until the program has ended well."""
        tracker = self.stage.start_tracker()
        root = self.stage.make_sample(kind, size=2 * piece_length + max(piece_length // 3, 2_000_000))
        made = self.stage.make_torrent(root, piece_length=piece_length, trackers=[tracker.url], **arguments)
        OTHERS[client](self.stage, 1).seed(made)
        tracker.wait_for_seed(made, 40)
        btfw = Btfw(self.stage, 2)
        btfw.download(made, self.stage.path('download'))
        btfw.end_well(40)
        self.assert_same_files(made, self.stage.path('download'))
        return tracker, made

    @runner.rows(('aria2_file', 'aria2', 'file', 256 * KIB),
                 ('aria2_tree', 'aria2', 'tree', 16 * KIB),
                 ('libtorrent_file', 'libtorrent', 'file', 16 * KIB),
                 ('libtorrent_tree', 'libtorrent', 'tree', 64 * KIB),
                 ('libtorrent_huge_pieces', 'libtorrent', 'file', 16 * MIB),
                 ('aria2_huge_pieces', 'aria2', 'file', 16 * MIB),
                 ('transmission_file', 'transmission', 'file', 1 * MIB),
                 ('transmission_tree', 'transmission', 'tree', 32 * KIB),
                 ('rtorrent_tree', 'rtorrent', 'tree', 64 * KIB))
    def test_from(self, client, kind, piece_length):
        """The right bytes, and each event told to the tracker once."""
        tracker, made = self.download(client, kind, piece_length)
        own = [announce for announce in tracker.announces if announce.host == self.stage.address(2)]
        self.assertEqual([announce.event for announce in own], ['started', 'completed', 'stopped'])
        self.assertEqual(own[0].left, made.size)
        self.assertEqual(own[-1].left, 0)


class ToOthers(Case):
    """btfw seeds, they download."""

    seconds = 90

    @runner.rows(('aria2_file', 'aria2', 'file', 256 * KIB),
                 ('aria2_tree', 'aria2', 'tree', 16 * KIB),
                 ('libtorrent_file', 'libtorrent', 'file', 1 * MIB),
                 ('libtorrent_tree', 'libtorrent', 'tree', 64 * KIB),
                 ('libtorrent_huge_pieces', 'libtorrent', 'file', 16 * MIB),
                 ('transmission_file', 'transmission', 'file', 16 * KIB),
                 ('rtorrent_tree', 'rtorrent', 'tree', 64 * KIB))
    def test_to(self, client, kind, piece_length):
        """They get the right bytes."""
        tracker = self.stage.start_tracker()
        root = self.stage.make_sample(kind, size=2 * piece_length + max(piece_length // 3, 2_000_000))
        made = self.stage.make_torrent(root, piece_length=piece_length, trackers=[tracker.url])
        Btfw(self.stage, 1).seed(made)
        tracker.wait_for_seed(made)
        leecher = OTHERS[client](self.stage, 2)
        leecher.download(made, self.stage.path('download'))
        leecher.wait_until_complete(40)
        self.assert_same_files(made, self.stage.path('download'))


class Among(Case):
    """btfw and btfw."""

    @runner.rows(('file', 'file', 256 * KIB, {}),
                 ('tree', 'tree', 16 * KIB, {}),
                 ('padded_tree', 'tree', 32 * KIB, {'with_pads': True}),
                 ('private', 'file', 64 * KIB, {'private': True}))
    def test_among_itself(self, kind, piece_length, arguments):
        """Through a tracker, once with each kind of torrent."""
        tracker = self.stage.start_tracker()
        made = self.stage.make_torrent(self.stage.make_sample(kind), piece_length=piece_length,
                                       trackers=[tracker.url], **arguments)
        Btfw(self.stage, 1).seed(made)
        tracker.wait_for_seed(made)
        leecher = Btfw(self.stage, 2)
        leecher.download(made, self.stage.path('download'))
        leecher.end_well(20)
        self.assert_same_files(made, self.stage.path('download'))

    def test_directly_without_a_tracker(self):
        """--peer is enough."""
        made = self.stage.make_torrent(self.stage.make_sample())
        seeder, leecher = Btfw(self.stage, 1), Btfw(self.stage, 2)
        seeder.seed(made)
        leecher.download(made, self.stage.path('download'), f'--peer={seeder.address}:{seeder.port}')
        leecher.end_well(20)
        self.assert_same_files(made, self.stage.path('download'))

    def test_through_a_tracker_of_dictionaries(self):
        """A tracker that knows no compact replies."""
        tracker = self.stage.start_tracker(compact=False)
        made = self.stage.make_torrent(self.stage.make_sample(), trackers=[tracker.url])
        Btfw(self.stage, 1).seed(made)
        tracker.wait_for_seed(made)
        leecher = Btfw(self.stage, 2)
        leecher.download(made, self.stage.path('download'))
        leecher.end_well(20)
        self.assert_same_files(made, self.stage.path('download'))


if __name__ == '__main__':
    runner.main()
