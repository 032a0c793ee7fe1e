/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading the kernel's memory. There is no lock: an object must be kept alive by the caller of the
 * traced function. Four ways, by what the verifier knows of the pointer:
 *   probe()     any address: checked while it is read, 0 where it cannot be read
 *   follow()    what typed() made of any address, and what its members lead to: the same, for less
 *   load()      the current task and what its members lead to
 *   argument()  an argument of the traced function and what its members lead to
 * The last two are plain loads wherever the kernel lets them be.
 *
 * Each object is compiled twice. With bpf_rdonly_cast() (since 6.2, a35b9af4ec2c "bpf: Add a kfunc
 * for generic type cast") probe() is a plain load too, which costs twelve instructions; without it each
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
#define follow(pointer, member) ((pointer)->member)
#else
#define typed(pointer) (pointer)
#define follow(pointer, member) probe(pointer, member)
#define probe(pointer, member)                                                                     \
	({                                                                                         \
		typeof(&*(pointer)) object_ = (pointer);                                           \
		typeof(object_->member) value_ = { 0 };                                            \
		bpf_core_read(&value_, sizeof(value_), &object_->member);                          \
		value_;                                                                            \
	})
#endif

/*
 * A member of a type that can be a module's: there the verifier looks for types among the kernel's own. Where
 * the module is not loaded, nobody has the type.
 */
#define read_foreign(pointer, member)                                                              \
	({                                                                                         \
		typeof((pointer)->member) value_;                                                  \
                                                                                                   \
		if (bpf_core_read(&value_, sizeof(value_), &(pointer)->member))                    \
			__builtin_memset(&value_, 0, sizeof(value_));                              \
		value_;                                                                            \
	})

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

/*
 * Does the verifier know the current task's type? Since 5.11. Where it is asked of the kernel, clang gives each
 * load the instructions of both ways.
 */
#ifdef TYPED_READS
#define KNOWN_CURRENT true
#else
#define KNOWN_CURRENT have_helper(get_current_task_btf)
#endif
#define load(pointer, member) read_known(KNOWN_CURRENT, pointer, member)

/* Does it know the types of the arguments? Not in kprobes, nor of what perf's records hold. */
#if defined(KPROBE) || defined(PERF_RECORDS)
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
	if (size <= 32) {
		/* read as a type that every kernel has and that begins with two words */
		const struct timespec64 *from_ = from;
		__u64 *words = to;

		words[0] = probe(from_, tv_sec);
		if (size > 8)
			words[1] = probe(from_, tv_nsec);
		if (size > 16)
			words[2] = probe(from_ + 1, tv_sec);
		if (size > 24)
			words[3] = probe(from_ + 1, tv_nsec);
		return 0;
	}
#endif
	return bpf_probe_read_kernel(to, size, from);
}

/*
 * Several members of one object that lie near each other: where each read is the call of a helper, all from
 * the first to the last of them are copied at once. A range is a type and these two members.
 *   COPY(buffer, pointer, RANGE);  COPIED(buffer, pointer, RANGE, member)   of what typed() made
 * A member that a kernel has elsewhere is read by itself.
 */
#define COPY_SIZE 256 /* of a buffer that is not an array, but a pointer to one */
#define SIZE_OF_COPY(buffer)                                                                       \
	(__builtin_types_compatible_p(typeof(buffer), char *) ? COPY_SIZE : sizeof(buffer))

#define COPY(buffer, pointer, ...) COPY_RANGE(buffer, pointer, __VA_ARGS__)
#define COPIED(buffer, pointer, ...) COPIED_MEMBER(buffer, pointer, __VA_ARGS__)

#ifdef TYPED_READS
#define COPY_RANGE(buffer, pointer, type, first, last) ((void)(buffer))
#define COPIED_MEMBER(buffer, pointer, type, first, last, member) follow((type *)(pointer), member)
#else
#define RANGE_SIZE(...) SIZE_OF_RANGE(__VA_ARGS__)
#define SIZE_OF_RANGE(type, first, last)                                                           \
	(bpf_core_field_offset(type, last) + bpf_core_field_size(type, last) -                     \
	 bpf_core_field_offset(type, first))
#define COPY_RANGE(buffer, pointer, type, first, last)                                             \
	({                                                                                         \
		__u32 size_ = SIZE_OF_RANGE(type, first, last);                                    \
                                                                                                   \
		if (size_ <= SIZE_OF_COPY(buffer) &&                                               \
		    bpf_probe_read_kernel(buffer, size_,                                           \
					  (const void *)(pointer) +                                \
						  bpf_core_field_offset(type, first)))             \
			__builtin_memset(buffer, 0, SIZE_OF_COPY(buffer));                         \
	})
#define COPIED_MEMBER(buffer, pointer, type, first, last, member)                                  \
	({                                                                                         \
		__u32 at_ =                                                                        \
			bpf_core_field_offset(type, member) - bpf_core_field_offset(type, first);  \
		typeof(((type *)0)->member) copied_;                                               \
                                                                                                   \
		if (SIZE_OF_RANGE(type, first, last) <= SIZE_OF_COPY(buffer) &&                    \
		    at_ <= SIZE_OF_RANGE(type, first, last) - sizeof(copied_))                     \
			copied_ = *(typeof(copied_) *)((buffer) + at_);                            \
		else                                                                               \
			copied_ = probe((type *)(pointer), member);                                \
		copied_;                                                                           \
	})
#endif

/* The same of the current task and what its members lead to: plain loads where they can be. */
#define COPY_UNKNOWN(known, buffer, pointer, ...)                                                  \
	({                                                                                         \
		if (!(known))                                                                      \
			COPY(buffer, pointer, __VA_ARGS__);                                        \
	})
#define LOADED(known, buffer, pointer, ...) LOADED_MEMBER(known, buffer, pointer, __VA_ARGS__)
#define LOADED_MEMBER(known, buffer, pointer, type, first, last, member)                           \
	({                                                                                         \
		typeof(((type *)0)->member) loaded_;                                               \
                                                                                                   \
		if (known)                                                                         \
			loaded_ = (pointer)->member;                                               \
		else                                                                               \
			loaded_ = COPIED(buffer, pointer, type, first, last, member);              \
		loaded_;                                                                           \
	})

static __always_inline struct task_struct *current_task(void)
{
	if (KNOWN_CURRENT)
		return bpf_get_current_task_btf();
	return (struct task_struct *)bpf_get_current_task();
}

/*
 * The registers with which the task entered the kernel. Before bpf_task_pt_regs() they lay at the
 * very end of its stack; with FRED (6.9) that is no longer so, but then there is the helper.
 */
#ifdef TYPED_READS
#define KNOWN_REGISTERS true
#else
#define KNOWN_REGISTERS (have_helper(task_pt_regs) && KNOWN_CURRENT)
#endif

static __always_inline struct pt_regs *user_registers(void *stack)
{
	if (KNOWN_REGISTERS)
		return (struct pt_regs *)bpf_task_pt_regs(bpf_get_current_task_btf());
	return stack + THREAD_SIZE - bpf_core_type_size(struct pt_regs);
}

#endif
