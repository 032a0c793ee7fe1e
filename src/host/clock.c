// SPDX-License-Identifier: GPL-2.0-or-later
/* The clocks. */
#include "host/clock.h"

#include <errno.h>
#include <sys/timerfd.h>
#include <time.h>

static uint64_t read_clock(clockid_t clock)
{
	struct timespec now;

	/* Fails for clocks only that do not exist. */
	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * NSEC_PER_SEC + (uint64_t)now.tv_nsec;
}

uint64_t clock_monotonic_ns(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

int64_t clock_realtime_offset_ns(void)
{
	uint64_t before = read_clock(CLOCK_MONOTONIC);
	uint64_t realtime = read_clock(CLOCK_REALTIME);
	uint64_t after = read_clock(CLOCK_MONOTONIC);

	return (int64_t)realtime - (int64_t)(before + (after - before) / 2);
}

int clock_new_timer(int *ret, uint64_t first_ns, uint64_t interval_ns)
{
	const struct itimerspec timer = {
		.it_value.tv_sec = (time_t)(first_ns / NSEC_PER_SEC),
		.it_value.tv_nsec = (long)(first_ns % NSEC_PER_SEC),
		.it_interval.tv_sec = (time_t)(interval_ns / NSEC_PER_SEC),
		.it_interval.tv_nsec = (long)(interval_ns % NSEC_PER_SEC),
	};

	*ret = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (*ret < 0)
		return -errno;
	return timerfd_settime(*ret, 0, &timer, NULL) < 0 ? -errno : 0;
}

void clock_load_zone(void)
{
	tzset();
}

int32_t clock_utc_offset(void *userdata, int64_t seconds)
{
	time_t moment = (time_t)seconds;
	struct tm local;

	(void)userdata;
	return localtime_r(&moment, &local) ? (int32_t)local.tm_gmtoff : 0;
}
