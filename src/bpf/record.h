/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A record under construction, in scratch memory: the header, the task, the sockets, the files, the
 * names of the sockets, the details of the files, and last the paths, which grow while they are walked.
 *
 * A message of 253 descriptors with long paths needs more than the 32 KiB of a per-CPU array's value,
 * so the scratches are a plain array with entries for each CPU. Where nobody can size that, RECORD_MAX is
 * defined before: as what fits into a per-CPU array.
 *
 * Two programs that can interrupt each other do not share one. The same program does not run twice on a
 * CPU: the kernel skips it and counts that (recursion_misses).
 */
#ifndef FDPASS_RECORD_H
#define FDPASS_RECORD_H

#include "report.h"
#include "table.h"
#include "task.h"

enum scratch_user { SCRATCH_BEGIN, SCRATCH_END, SCRATCH_MOVE, NR_SCRATCHES };

#ifdef RECORD_MAX
#define SCRATCHES_PER_CPU
#else
#define RECORD_MAX EVENT_MAX_SIZE
#endif
/* What one step may write behind an offset. */
#define RECORD_SLACK 512

#define CACHED_FOLDERS 64

#define SHORT_NAME 32 /* bytes: names that are copied as such are shorter */

#define TOLD_CGROUPS 32 /* a power of two */

/* A folder that a path led through: where the names go on from there. See path.h. */
struct cached_folder {
	__u64 dentry, mnt;
	__u64 epoch; /* of the scratch: of another record where it differs */
	__u32 offset; /* of its name in the paths; EVENT_NO_NAME: it is the root */
	__u32 file; /* whose path was walked through it: its flags hold from there on */
};

/* A control message in kernel memory, or in that of a 64-bit process: cmsg(3). */
struct cmsghdr {
	__u64 cmsg_len;
	__s32 cmsg_level;
	__s32 cmsg_type;
};

/* Where a file is in the tree. */
struct place {
	__u64 dentry, mnt;
};

/* Words of the receiver's table, 64 descriptors each, in which free ones are looked for. */
#define FREE_WORDS 64

/* A message that a thread copies the data of: see taking.h. */
struct taking {
	__u64 skb; /* 0: none */
	__u64 number;
	__u64 list;
	__u64 time_ns; /* when its data were copied */
	__u64 sk; /* that it is received on, before 6.3; 0: not known for certain */
	struct call call; /* that receives it */
	__u32 first_word;
	__u32 nr_words;
	__u32 nr_free; /* of these below the limit */
	__u32 room; /* of the control buffer, in descriptors: a hint */
	__u16 count;
	__u8 described, unclaimed;
	__u8 at_limit; /* no more than nr_free can be installed */
	__u8 alone; /* nobody else uses this table of descriptors */
	__u8 gone; /* its buffer has ended */
	__u64 free[FREE_WORDS]; /* a bit for each number that was free, from first_word on */
};

struct scratch {
	__u64 lists[SCM_MAX_FD + 3]; /* addresses of the files, as in struct scm_fp_list */
	struct cmsghdr header; /* a control message, whose numbers follow */
	__s32 fds[SCM_MAX_FD + 3]; /* their numbers */
	__u32 nr_fds;
	struct call call; /* see call.h */

	/* Control messages that are being read, see control.h. */
	__u64 control, control_end;
	bool control_in_user; /* in the memory of the process, not the kernel's copy of it */
	bool control_compat; /* in that of a 32-bit one */
	bool control_unread; /* some of it could not be read */
	bool more_named; /* they name more descriptors than SCM_MAX_FD */
	__u8 busy; /* SCRATCH_MOVE, which two programs share */

	/* Messages of one call, and of a queue, that are looked at: see queue.h, claim.h. */
	__u64 look_at, look_list;
	bool look_known; /* the table has it */
	__u64 since_ns; /* the thread had sent another message then; 0: not known */
	__u64 run; /* what this run of a program numbers comes after it */
	__u32 next_message;
	__s32 told_message;
	__u64 addressee; /* where a message goes to */
	struct message claim; /* that gets a place in the table, or was read there */
	struct message fresh;

	/* The file system of the file before, see file.h. */
	__u64 super; /* 0: none of this record */
	__u32 dev, magic;
	char super_copy[COPY_SIZE];

	/* Details of the files, see detail.h. */
	bool detailed; /* a file of the record is of a kind that has some */

	/* The walk that finds the paths, see path.h. */
	struct place places[SCM_MAX_FD + 3]; /* where the files are */
	__u64 dentry, mnt, mnt_root; /* where it is; dentry 0: between two files */
	char mount[COPY_SIZE]; /* a copy of what has mnt */
	__u64 last_dentry, last_mnt; /* the file before */
	__u32 last_offset, last_flags;
	__u32 index; /* the file whose path it is */
	__u32 previous; /* offset of the name whose parent comes next; EVENT_NO_NAME: none yet */
	__u32 path_length, paths_room;
	__u32 folder; /* place among the cached ones where this file's folder is; none beyond them */
	__u32 folder_offset; /* paths_used when the walk was there */
	__u32 nr_folders; /* that are cached */
	bool sharing; /* folders on this file's path are to be looked for, or kept */
	__u64 epoch; /* records whose paths were walked */
	struct cached_folder folders[CACHED_FOLDERS];

	/* Received: how many were installed, with which flags, and the receiver's table. */
	__u64 open, close_on_exec;
	__u32 open_size;
	__u16 installed;
	__u16 room;
	__u8 cloexec;
	__u8 stop; /* enum event_fate of the first that is not installed */
	__u8 refused; /* some of those before it */

	/* The message that is being received, whose files are in lists; and the search for them, see received.h. */
	struct taking taking;
	__u32 next_fd; /* that is looked at next for a free one */
	__u64 search_bits; /* descriptors of this word that are to be looked at */
	__u32 search_word;
	__s32 only_fd;
	__u32 found;

	/* Whose paths were told, at a place by their id; and what is being told: see told.h. */
	__u64 told_cgroups[TOLD_CGROUPS];
	__u64 telling_cgroups[NR_EVENT_PARTIES];
	__u64 cgroup;

	__u64 address; /* see as_number() */
	__u64 unwoken; /* see report() */
	__u32 nr_files;
	__u32 files_at; /* offset of the first struct event_file */
	__u32 used; /* bytes of the record so far, but for the paths */
	__u32 paths_used;
	char copy[COPY_SIZE];
	union {
		struct event event;
		char record[RECORD_MAX + RECORD_SLACK];
	};
};

/*
 * An index or a count of descriptors, at most SCM_MAX_FD. The verifier has to see the bound in the very
 * register that is used, so this is written such that no compiler can drop it or move it elsewhere.
 */
static __always_inline __u64 bounded(__u64 count)
{
	barrier_var(count);
	return count & 0xff;
}

static __always_inline __u64 *list_at(struct scratch *s, __u32 index)
{
	return &s->lists[bounded(index)];
}

static __always_inline __s32 *fd_at(struct scratch *s, __u32 index)
{
	return &s->fds[bounded(index)];
}

struct {
#ifdef SCRATCHES_PER_CPU
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
#else
	__uint(type, BPF_MAP_TYPE_ARRAY);
#endif
	__uint(max_entries, NR_SCRATCHES); /* user space: times the number of CPUs */
	__type(key, __u32);
	__type(value, struct scratch);
} scratches SEC(".maps");

static __always_inline struct scratch *scratch_of(enum scratch_user user)
{
	__u32 key = user;

#ifndef SCRATCHES_PER_CPU
	key += bpf_get_smp_processor_id() * NR_SCRATCHES;
#endif
	return bpf_map_lookup_elem(&scratches, &key);
}

/*
 * The address as a number, which is all that a global function takes: the verifier forgets what it knows of
 * a pointer when it goes through memory.
 */
static __always_inline __u64 as_number(struct scratch *s, const void *pointer)
{
	*(volatile __u64 *)&s->address = (__u64)pointer;
	return *(volatile __u64 *)&s->address;
}

/* EVENT.ago_ns, of a moment; 0: not known. */
static __always_inline __u32 ago(__u64 now_ns, __u64 then_ns)
{
	__u64 ago_ns = now_ns - then_ns;

	return then_ns && ago_ns < EVENT_AGO_MAX ? ago_ns : EVENT_AGO_MAX;
}

/* What stands at the begin of a record, with room for the sockets. */
struct record_head {
	struct event event;
	struct event_section task_section;
	struct event_task task;
	struct {
		struct event_section section;
		struct event_socket socket;
	} sockets[NR_EVENT_PARTIES];
};

static __always_inline struct record_head *head_of(struct scratch *s)
{
	return (struct record_head *)&s->event;
}

static __always_inline struct event_section section(__u16 type, __u16 index, __u32 size)
{
	return (struct event_section){ .type = type, .index = index, .size = size };
}

/* Room for the socket of another party, behind those before it. */
static __always_inline void add_socket(struct scratch *s, enum event_party party)
{
	struct record_head *head = head_of(s);

	head->sockets[party].section =
		section(EVENT_SECTION_SOCKET, party, sizeof(struct event_socket));
	s->used += sizeof(head->sockets[0]);
}

/*
 * Begin a record of a message with `total` descriptors: the task and the sockets (as many) are to be
 * written by the caller, then begin_files() and what else there is.
 */
static __always_inline void begin_record(struct scratch *s, __u16 type, __u64 message, __u16 total,
					 __u32 nr_sockets)
{
	struct record_head *head = head_of(s);

	head->event = (struct event){
		.type = type,
		.time_ns = record_clock(),
		.message = message,
		.total_files = total,
	};
	head->task_section = section(EVENT_SECTION_TASK, EVENT_SELF, sizeof(head->task));
	s->used = __builtin_offsetof(struct record_head, sockets);
	for (__u32 i = 0; i < nr_sockets; i++)
		add_socket(s, i);
	s->nr_files = 0;
	s->paths_used = 0;
	s->nr_fds = 0;
	s->telling_cgroups[EVENT_SELF] = 0;
	s->telling_cgroups[EVENT_OTHER] = 0;
}

/* Where it is remembered that the path of this cgroup was told. */
static __always_inline __u64 *told_cgroup(struct scratch *s, __u64 id)
{
	return &s->told_cgroups[id & (TOLD_CGROUPS - 1)];
}

/*
 * Memory of the record at an offset: RECORD_SLACK bytes may be written there. The bound is for the verifier.
 * Where it is no power of two, what it checks first is the offset that is within it: the other one is then
 * nothing new to it.
 */
static __always_inline void *record_at(struct scratch *s, __u64 offset)
{
#ifdef SCRATCHES_PER_CPU
	asm("if %0 > %1 goto +1\n\tgoto +1\n\t%0 = 0" : "+r"(offset) : "i"(RECORD_MAX));
#else
	offset &= RECORD_MAX - 1;
#endif
	return &s->record[offset];
}

/*
 * Append a section of `size` bytes (at most RECORD_SLACK - 16); returns where its content goes, of which
 * the last word is 0 already.
 */
static __always_inline void *append_section(struct scratch *s, __u16 type, __u16 index, __u32 size)
{
	__u32 padded = (size + 7) & ~7U;
	struct event_section *at = record_at(s, s->used);

	*at = section(type, index, size);
	if (padded)
		*(__u64 *)record_at(s, s->used + padded) = 0;
	s->used += sizeof(*at) + padded;
	return at + 1;
}

/* Room for `count` files, at most SCM_MAX_FD. */
static __always_inline void begin_files(struct scratch *s, __u32 count)
{
	*(struct event_section *)record_at(s, s->used) =
		section(EVENT_SECTION_FILES, count, count * sizeof(struct event_file));
	s->files_at = s->used + sizeof(struct event_section);
	s->used = s->files_at + count * sizeof(struct event_file);
	s->nr_files = count;
}

static __always_inline struct event_file *file_in_record(struct scratch *s, __u32 index)
{
	return record_at(s, s->files_at + index * sizeof(struct event_file));
}

/* The record did not get through: nor did the paths of cgroups in it. */
static __always_inline void forget_told(struct scratch *s)
{
	for (int i = 0; i < NR_EVENT_PARTIES; i++) {
		if (s->telling_cgroups[i])
			*told_cgroup(s, s->telling_cgroups[i]) = 0;
	}
}

/* Report the record. */
static __always_inline void report_record(struct scratch *s)
{
	__u32 size = s->used;

	if (s->paths_used) {
		__u32 padded = (s->paths_used + 7) & ~7U;

		*(struct event_section *)record_at(s, size) =
			section(EVENT_SECTION_PATHS, 0, s->paths_used);
		size += sizeof(struct event_section) + padded;
		if (padded != s->paths_used)
			*(__u32 *)record_at(s, size - sizeof(__u32)) = 0;
	}
	if (size > RECORD_MAX)
		size = RECORD_MAX;
	if (s->more_named)
		s->event.flags |= EVENT_MORE;
	s->event.size = size;
	if (!report(s->record, size, &s->unwoken))
		forget_told(s);
}

#endif
