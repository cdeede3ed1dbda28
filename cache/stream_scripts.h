/* SPDX-License-Identifier: MIT
 *
 * What stream.c has Redis do in one step; see stream_scripts.c.
 */
#ifndef THIMBLE_CACHE_STREAM_SCRIPTS_H
#define THIMBLE_CACHE_STREAM_SCRIPTS_H

extern const char stream_script_look[], stream_script_claim[], stream_script_publish[];

#endif
