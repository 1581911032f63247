"""How each client is made to refuse whoever is not encrypted."""
# SPDX-License-Identifier: LGPL-2.1-or-later

WORDS = {
    'aria2': ('--bt-require-crypto=true', '--bt-min-crypto-level=arc4'),
    'libtorrent': ('--set=in_enc_policy=0', '--set=out_enc_policy=0', '--set=allowed_enc_level=2'),
    'btfw': ('--encryption=require',),
}


def insist(client):
    """Adds what is needed to whatever the client is started with."""
    if client.name == 'rtorrent':
        client.encryption = 'allow_incoming,try_outgoing,require,require_RC4'
    elif client.name == 'transmission':
        run = client._run
        client._run = lambda *words, **more: run(*words, **more | {'encryption': 2})
    elif client.name == 'btfw':
        run = client.run_session
        client.run_session = lambda *words, **more: run(*WORDS['btfw'], *words, **more)
    else:
        run = client._run
        client._run = lambda first, *words: (run(first, *WORDS['aria2'], *words) if client.name == 'aria2'
                                             else run(first, *words, *WORDS['libtorrent']))
    return client
