#!/usr/bin/env python3
"""A piece picker written in Python, used in a real download.

A class that implements an interface of libbtfw and is registered is a plugin
like those in files: chosen by its name, its properties are its settings.

    picker.py --picker=in_order,window=4 film.torrent .
    picker.py --picker=shuffled linux.iso.torrent .

The methods are called on the session's loop thread, one at a time, with the
interpreter's lock: they share nothing with the main thread but what they are
careful about. They are called for each peer whose queue runs low, so they
should look at few pieces. An exception is printed, and nothing is picked.

Interface and do_ methods belong into one class: where a class further down has
do_ methods of its own, it names the interface among its bases again, or
PyGObject changes those of the class above, too.
"""
# SPDX-License-Identifier: LGPL-2.1-or-later

import sys

import session  # first, as it asks for the version of the library
from gi.repository import Btfw, GLib, GObject

ENDGAME = 16  # blocks left, below which the same block is asked of several peers


class Picker(GObject.Object, Btfw.Picker):
    """What both have in common: they only differ in the order of pieces."""

    swarm = None

    def do_attach(self, swarm):
        self.swarm = swarm  # may be kept until do_detach()

    def do_detach(self):
        self.swarm = None

    def do_pick(self, peer, picks):
        for kind in (Btfw.PickKind.NEW, Btfw.PickKind.DUPLICATE):
            for piece in self.order(peer):
                if picks.add(piece, kind) == Btfw.PickAnswer.ENOUGH:
                    return
            if self.swarm.get_n_blocks_left() > ENDGAME:
                return

    def order(self, peer):
        """The pieces to ask this peer for, the best first."""
        raise NotImplementedError


class InOrder(Picker):
    """From the first piece to the last one, to watch a film while it comes."""

    __gtype_name__ = 'ExampleInOrderPicker'

    window = GObject.Property(type=GObject.TYPE_UINT, minimum=1, maximum=100000, default=64,
                              blurb='how many pieces to go ahead of the first that is missing')

    def order(self, peer):
        first = self.swarm.next_wanted(Btfw.PIECE_NONE)
        piece = peer.next_interesting(Btfw.PIECE_NONE)
        while piece != Btfw.PIECE_NONE and piece < first + self.window:
            yield piece
            piece = peer.next_interesting(piece)


class Shuffled(Picker):
    """From a random place on, so that peers have different pieces to give each other."""

    __gtype_name__ = 'ExampleShuffledPicker'

    def order(self, peer):
        # The dice are the session's: the same seed, the same run.
        start = self.swarm.random(self.swarm.get_n_pieces())
        for after, end in ((start - 1 if start else Btfw.PIECE_NONE, Btfw.PIECE_NONE), (Btfw.PIECE_NONE, start)):
            piece = peer.next_interesting(after)
            while piece != Btfw.PIECE_NONE and piece < end:
                yield piece
                piece = peer.next_interesting(piece)


def main():
    """The program."""
    parser = session.make_parser()
    parser.add_argument('--picker', metavar='NAME[,key=value…]', default='in_order', help='in_order, shuffled, or any other')
    try:
        Btfw.Plugins.register_full('picker', 'in_order', InOrder, 'pieces in file order', None, Btfw.PluginFlags.NONE)
        Btfw.Plugins.register_full('picker', 'shuffled', Shuffled, 'pieces from a random place on', None, Btfw.PluginFlags.NONE)
    except GLib.Error as error:
        print(error.message, file=sys.stderr)
        return 1
    return session.main(parser)


if __name__ == '__main__':
    sys.exit(main())
