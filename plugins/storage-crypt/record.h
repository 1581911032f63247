/* record.h: what is on the disk: the header of a file, the record of a sector. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw-info-hash.h>

/* The format, version 1. Numbers are big-endian.
 *
 * A file begins with a header of 128 bytes:
 *
 *      0   8  "btfwcry" and the version, 1
 *      8   1  the cipher: 1 is AES-256-GCM, 2 ChaCha20-Poly1305
 *      9   3  zeros
 *     12   4  the size of a sector: 16384
 *     16  16  the key's id: HKDF-Expand (HKDF-Extract ("btfw-crypt key id", key), "")
 *     32  32  salt, random for each file
 *     64   4  the number of the file in the torrent
 *     68   8  its length
 *     76  20  zeros
 *     96  32  HMAC-SHA-256 of the 96 bytes before, with the file's header key
 *
 * The file's keys are HKDF-Expand (HKDF-Extract (salt, key), use | cipher | kind of
 * hash | info-hash | number of the file), 32 bytes each; use is "h" for the header
 * key and "d" for that of the data; the kind is 1 (SHA-1) or 2 (SHA-256). All HKDF
 * is with SHA-256. So a file of another torrent, or of another place in it, has
 * other keys, and its header does not fit.
 *
 * Then come the records of the sectors, in order, with nothing between:
 *
 *      the sector, encrypted: as long as it is
 *      tag      16
 *      nonce    12  random, new each time that the sector is written
 *      zeros     3
 *      mark      1  1 when the record is whole, 0 when it was never written
 *
 * What is authenticated beside the sector is its number in the file (8 bytes) and
 * its length (4), so records cannot be exchanged within the file, nor cut. The mark
 * is the last byte, so that a record whose writing was cut short has none and counts
 * as never written; to write a sector anew, its mark is taken away first.
 *
 * What this does not give: an older record of the same sector put back is not
 * noticed here (but by the torrent's hash), nor is a record that was wiped out to
 * zeros told from one that was never written. Two nonces of one file are the same
 * with a chance of 2^-32 after 2^32 writes, which are 64 TiB written to one file.
 * Both ciphers let someone who chooses keys make a record that opens under two of
 * them; the header does not, since its HMAC commits to the key, and without a
 * header that fits no record is opened. */

#define BTFW_CRYPT_HEADER_SIZE 128u
#define BTFW_RECORD_END_SIZE 32u
#define BTFW_CRYPT_KEY_SIZE 32u
#define BTFW_CRYPT_ID_SIZE 16u

typedef enum
{
  BTFW_CIPHER_AES_256_GCM = 1,
  BTFW_CIPHER_CHACHA20_POLY1305 = 2,
} BtfwCryptCipher;

/* What one file is encrypted with. */
typedef struct
{
  BtfwCryptCipher cipher;
  guint8          key[BTFW_CRYPT_KEY_SIZE];
} BtfwFileKey;

typedef enum
{
  BTFW_HEADER_VALID,
  BTFW_HEADER_ABSENT,    /* zeros, or its writing was cut short */
  BTFW_HEADER_FOREIGN,   /* no file of ours */
  BTFW_HEADER_NEWER,     /* a version, cipher or size that this one does not know */
  BTFW_HEADER_OTHER_KEY,
  BTFW_HEADER_MISPLACED, /* of another torrent or file, or changed */
} BtfwHeaderVerdict;

void btfw_crypt_get_key_id (const guint8 *key, guint8 *id);

/* A new header, and the key that it stands for. FALSE when there is no randomness. */
gboolean          btfw_header_make (guint8          *header,
                                    BtfwCryptCipher  cipher,
                                    const guint8    *key,
                                    BtfwInfoHash    *info_hash,
                                    guint32          file,
                                    guint64          length,
                                    BtfwFileKey     *file_key);
/* @file_key is filled when it is valid. */
BtfwHeaderVerdict btfw_header_read (const guint8    *header,
                                    const guint8    *key,
                                    BtfwInfoHash    *info_hash,
                                    guint32          file,
                                    BtfwFileKey     *file_key);
/* Without a key: whether it is one of ours at all. */
gboolean          btfw_header_is_ours (const guint8 *header);

typedef enum
{
  BTFW_RECORD_WHOLE,
  BTFW_RECORD_ABSENT,
  BTFW_RECORD_TAMPERED,
} BtfwRecordVerdict;

/* A cipher with its key: of one thread at a time. */
typedef struct _BtfwSealer BtfwSealer;

/* NULL when the cipher is not there. */
BtfwSealer *btfw_sealer_new (const BtfwFileKey *key);
void        btfw_sealer_free (BtfwSealer *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BtfwSealer, btfw_sealer_free)

/* @record has room for @length + BTFW_RECORD_END_SIZE bytes. */
gboolean          btfw_sealer_seal (BtfwSealer   *self,
                                    guint64       number,
                                    const guint8 *plain,
                                    guint32       length,
                                    guint8       *record);
/* @plain has room for @length bytes, which are zeros when it is not whole. */
BtfwRecordVerdict btfw_sealer_open (BtfwSealer   *self,
                                    guint64       number,
                                    const guint8 *record,
                                    guint32       length,
                                    guint8       *plain);
