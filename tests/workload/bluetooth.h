/* SPDX-License-Identifier: GPL-2.0-or-later */
/* As in <bluetooth/rfcomm.h>, which would be one more package for this. */
#ifndef WORKLOAD_BLUETOOTH_H
#define WORKLOAD_BLUETOOTH_H

#include <stdint.h>
#include <sys/socket.h>

#define BTPROTO_RFCOMM 3

struct sockaddr_rc {
	sa_family_t rc_family;
	uint8_t rc_bdaddr[6]; /* the last byte first */
	uint8_t rc_channel;
};

#endif
