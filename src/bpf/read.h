/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading the kernel's memory. There is no lock: an object must be kept alive by the caller of the
 * traced function. Three ways, by what the verifier knows of the pointer:
 *   probe()     any address: checked while it is read, 0 where it cannot be read
 *   load()      the current task and what its members lead to
 *   argument()  an argument of the traced function and what its members lead to
 * The last two are plain loads wherever the kernel lets them be.
 *
 * Each object is compiled twice. With bpf_rdonly_cast() (since 6.2, a35b9af4ec2c "bpf: Add a kfunc
 * for generic type cast") probe() is a plain load too, which costs ten instructions; without it each
 * is a call of a helper, which costs a hundred.
 */
#ifndef FDPASS_READ_H
#define FDPASS_READ_H

#ifdef TYPED_READS
extern void *bpf_rdonly_cast(const void *object, __u32 btf_id) __ksym;

/* The pointer, as one of which the verifier knows what it leads to. */
#define typed(pointer)                                                                             \
	({                                                                                         \
		typeof(&*(pointer)) object_ = (pointer);                                           \
		(typeof(object_))bpf_rdonly_cast(object_,                                          \
						 bpf_core_type_id_kernel(typeof(*object_)));       \
	})

#define probe(pointer, member) (typed(pointer)->member)
#else
#define typed(pointer) (pointer)
#define probe(pointer, member)                                                                     \
	({                                                                                         \
		typeof(&*(pointer)) object_ = (pointer);                                           \
		typeof(object_->member) value_ = { 0 };                                            \
		bpf_core_read(&value_, sizeof(value_), &object_->member);                          \
		value_;                                                                            \
	})
#endif

/* A plain load where `known`, which is constant when the program is verified. */
#define read_known(known, pointer, member)                                                         \
	({                                                                                         \
		typeof((pointer)->member) read_;                                                   \
                                                                                                   \
		if (known)                                                                         \
			read_ = (pointer)->member;                                                 \
		else                                                                               \
			read_ = probe(pointer, member);                                            \
		read_;                                                                             \
	})

/* Does the verifier know the current task's type? Since 5.11. */
#define KNOWN_CURRENT have_helper(get_current_task_btf)
#define load(pointer, member) read_known(KNOWN_CURRENT, pointer, member)

/* Does it know the types of the arguments? Not in kprobes and raw tracepoints. */
#if defined(KPROBE) || defined(RAW_TRACEPOINTS)
#define KNOWN_ARGUMENTS false
#else
#define KNOWN_ARGUMENTS true
#endif
#define argument(pointer, member) read_known(KNOWN_ARGUMENTS, pointer, member)

/*
 * Copy kernel memory, a few words of it by plain loads where that is possible. Writes whole words,
 * so `to` must have room for size rounded up to 8.
 */
static __always_inline long copy_kernel(void *to, __u32 size, const void *from)
{
#ifdef TYPED_READS
	if (size <= 16) {
		/* read as a type that every kernel has and that begins with two words */
		__u64 *words = to;

		words[0] = probe((struct timespec64 *)from, tv_sec);
		if (size > 8)
			words[1] = probe((struct timespec64 *)from, tv_nsec);
		return 0;
	}
#endif
	return bpf_probe_read_kernel(to, size, from);
}

/*
 * Several members of one object: where each read is the call of a helper, the object is copied up to
 * the last of them, once.
 *   COPY(buffer, pointer, type, last);  COPIED(buffer, pointer, type, member)
 */
#define COPY_SIZE 256

#ifdef TYPED_READS
#define COPY(buffer, pointer, type, last) ((void)(buffer))
#define COPIED(buffer, pointer, type, member) probe((type *)(pointer), member)
#else
#define COPY(buffer, pointer, type, last)                                                          \
	({                                                                                         \
		__u32 size_ = bpf_core_field_offset(type, last) + sizeof(((type *)0)->last);       \
                                                                                                   \
		if (size_ > COPY_SIZE ||                                                           \
		    bpf_probe_read_kernel(buffer, size_, (const void *)(pointer)))                 \
			__builtin_memset(buffer, 0, COPY_SIZE);                                    \
	})
#define COPIED(buffer, pointer, type, member)                                                      \
	(*(typeof(((type *)0)->member) *)((buffer) + bpf_core_field_offset(type, member)))
#endif

static __always_inline struct task_struct *current_task(void)
{
	if (KNOWN_CURRENT)
		return bpf_get_current_task_btf();
	return (struct task_struct *)bpf_get_current_task();
}

/*
 * The registers with which the task entered the kernel. Before bpf_task_pt_regs() they lay at the
 * very end of the stack; with FRED (6.9) that is no longer so, but then there is the helper.
 */
static __always_inline struct pt_regs *user_registers(struct task_struct *task)
{
	if (have_helper(task_pt_regs) && KNOWN_CURRENT)
		return (struct pt_regs *)bpf_task_pt_regs(bpf_get_current_task_btf());
	return (struct pt_regs *)(probe(task, stack) + THREAD_SIZE -
				  bpf_core_type_size(struct pt_regs));
}

#endif
