"""What the end-to-end tests are made of. README.md says which part does what."""
# SPDX-License-Identifier: LGPL-2.1-or-later
