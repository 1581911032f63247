"""A network and a file system of the test's own.

Some clients refuse or ration peers on 127.0.0.1, or on an address of their own: so each
peer of a test gets an address of 198.18.0.0/15, which is set apart for such tests, on
the loopback interface of a network namespace that no packet can leave. A private mount
namespace beside it lets a test mount a small tmpfs, and takes all that was mounted with
it when the test ends in whatever way.
"""
# SPDX-License-Identifier: LGPL-2.1-or-later

import ctypes
import fcntl
import os
import socket
import struct

CLONE_NEWNS = 0x00020000
CLONE_NEWUSER = 0x10000000
CLONE_NEWNET = 0x40000000
MS_RDONLY = 1
MS_REC = 0x4000
MS_PRIVATE = 0x40000
SIOCGIFFLAGS = 0x8913
SIOCSIFFLAGS = 0x8914
SIOCSIFADDR = 0x8916
SIOCSIFNETMASK = 0x891C
IFF_UP = 1

libc = ctypes.CDLL(None, use_errno=True)


class Namespace:
    """What this process runs in."""

    def __init__(self):
        self.is_isolated = False
        self.is_mapped_user = False
        self.reason = 'not entered'

    def enter(self):
        """Leaves the machine's network and mounts; stays in them where that is not permitted."""
        was_root = os.geteuid() == 0
        uid, gid = os.geteuid(), os.getegid()
        try:
            if was_root:
                _unshare(CLONE_NEWNET | CLONE_NEWNS)
            else:
                _unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWNS)
                self.is_mapped_user = True
                _map_user(uid, gid)
            mount('none', '/', None, MS_REC | MS_PRIVATE)
            _raise_loopback()
        except OSError as error:
            self.reason = f'no network namespace: {error}'
            return
        self.is_isolated = True

    def address(self, number, subnet=0):
        """The address of a test's peer so-and-so: 198.18.x.y, or one of 127.0.0.0/8 where
        there is no namespace; then tests that run side by side get different ones."""
        if self.is_isolated:
            return f'198.18.{subnet}.{number}'
        return f'127.{os.getpid() % 253 + 1}.{subnet}.{number}'


def _check(result):
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _unshare(flags):
    _check(libc.unshare(flags))


def _map_user(uid, gid):
    for name, text in (('setgroups', 'deny'), ('uid_map', f'0 {uid} 1'), ('gid_map', f'0 {gid} 1')):
        with open(f'/proc/self/{name}', 'w', encoding='ascii') as file:
            file.write(text)


def _interface_address(name, address):
    return struct.pack('16sHH4s8x', name, socket.AF_INET, 0, socket.inet_aton(address))


def _raise_loopback():
    """Up with 127.0.0.1 and ::1, and all of 198.18.0.0/15: a network on the loopback
    interface makes every address of it local."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = fcntl.ioctl(control, SIOCGIFFLAGS, struct.pack('16sH14x', b'lo', 0))
        flags = struct.unpack('16sH14x', request)[1]
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack('16sH14x', b'lo', flags | IFF_UP))
        fcntl.ioctl(control, SIOCSIFADDR, _interface_address(b'lo:1', '198.18.0.0'))
        fcntl.ioctl(control, SIOCSIFNETMASK, _interface_address(b'lo:1', '255.254.0.0'))


def mount(source, target, kind, flags=0, options=None):
    """mount(2)."""
    _check(libc.mount(source.encode(), os.fsencode(target), kind and kind.encode(),
                      ctypes.c_ulong(flags), options and options.encode()))


def mount_tmpfs(target, options):
    """A tmpfs that lives no longer than the test."""
    mount('tmpfs', target, 'tmpfs', 0, options)


def unmount(target):
    """umount2(2), also while it is used."""
    _check(libc.umount2(os.fsencode(target), 2))


# There is one for each process.
current = Namespace()
