"""Encrypted peers (MSE): required on both sides, with each other client, in each direction."""
# SPDX-License-Identifier: LGPL-2.1-or-later

from lib import runner
from lib.case import Case
from lib.clients import Btfw, OTHERS
from lib.encrypted import insist


class Required(Case):
    """Not a byte in the open."""

    seconds = 90

    def _make(self):
        self.tracker = self.stage.start_tracker()
        return self.stage.make_torrent(self.stage.make_sample('file'), trackers=[self.tracker.url])

    @runner.rows(('libtorrent', 'libtorrent'), ('transmission', 'transmission'), ('aria2', 'aria2'),
                 ('rtorrent', 'rtorrent'), ('btfw', 'btfw'))
    def test_from(self, name):
        made = self._make()
        insist(self._other(name, 1)).seed(made)
        self.tracker.wait_for_seed(made, 30)
        leecher = insist(Btfw(self.stage, 2))
        leecher.download(made, self.stage.path('download'))
        leecher.wait_until_complete()
        self.assert_same_files(made, self.stage.path('download'))

    @runner.rows(('libtorrent', 'libtorrent'), ('transmission', 'transmission'), ('aria2', 'aria2'),
                 ('rtorrent', 'rtorrent'))
    def test_to(self, name):
        made = self._make()
        insist(Btfw(self.stage, 1)).seed(made)
        self.tracker.wait_for_seed(made, 30)
        leecher = insist(self._other(name, 2))
        leecher.download(made, self.stage.path('download'))
        leecher.wait_until_complete()
        self.assert_same_files(made, self.stage.path('download'))

    def _other(self, name, number):
        return Btfw(self.stage, number) if name == 'btfw' else OTHERS[name](self.stage, number)


class FallsBack(Case):
    """Whoever begins in the wrong way tries the other one."""

    seconds = 60

    @runner.rows(('plain_then_encrypted', 'allow', 'require'), ('encrypted_then_plain', 'prefer', 'off'))
    def test(self, ours, theirs):
        tracker = self.stage.start_tracker()
        made = self.stage.make_torrent(self.stage.make_sample('file'), trackers=[tracker.url])
        Btfw(self.stage, 1).seed(made, f'--encryption={theirs}')
        tracker.wait_for_seed(made, 30)
        leecher = Btfw(self.stage, 2)
        leecher.download(made, self.stage.path('download'), f'--encryption={ours}')
        leecher.wait_until_complete(30)
        self.assert_same_files(made, self.stage.path('download'))


if __name__ == '__main__':
    runner.main()
