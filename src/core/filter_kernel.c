/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of a filter the kernel side can decide. */
#include <string.h>

#include "core/filter_clause.h"
#include "core/filter_kernel.h"

static const struct {
	const char *name;
	uint8_t key;
	uint8_t side;
} decidable[] = {
	{ "proc.pid", FILTER_KERNEL_PID, FILTER_KERNEL_SENDER },
	{ "receiver.pid", FILTER_KERNEL_PID, FILTER_KERNEL_RECEIVER },
	{ "proc.creds.uid", FILTER_KERNEL_UID, FILTER_KERNEL_SENDER },
	{ "receiver.creds.uid", FILTER_KERNEL_UID, FILTER_KERNEL_RECEIVER },
	{ "proc.comm", FILTER_KERNEL_COMM, FILTER_KERNEL_SENDER },
	{ "receiver.comm", FILTER_KERNEL_COMM, FILTER_KERNEL_RECEIVER },
};

/* Add the side that a field tells; both fields of a clause have one key. */
static bool add_side(const struct field *field, struct filter_kernel_condition *condition)
{
	for (size_t i = 0; i < sizeof(decidable) / sizeof(decidable[0]); i++) {
		if (strcmp(decidable[i].name, field->name) != 0)
			continue;
		if (condition->sides != 0 && condition->key != decidable[i].key)
			return false;
		condition->key = decidable[i].key;
		condition->sides |= decidable[i].side;
		return true;
	}
	return false;
}

static bool add_value(const struct filter_operand *operand,
		      struct filter_kernel_condition *condition)
{
	if (condition->key == FILTER_KERNEL_COMM) {
		if (operand->size > EVENT_COMM_LEN)
			return false;
		memcpy(condition->comms[condition->count], operand->text, operand->size);
	} else {
		condition->numbers[condition->count] = (uint32_t)operand->u64;
	}
	condition->count++;
	return true;
}

static bool make_condition(const struct filter_clause *clause, struct filter_kernel_condition *ret)
{
	*ret = (struct filter_kernel_condition){ .negated = clause->negated };
	if (clause->comparison != FILTER_EQUAL || clause->nr_operands > FILTER_KERNEL_VALUES)
		return false;
	for (size_t i = 0; i < 2 && clause->fields[i]; i++) {
		if (!add_side(clause->fields[i], ret))
			return false;
	}
	for (size_t i = 0; i < clause->nr_operands; i++) {
		if (!add_value(&clause->operands[i], ret))
			return false;
	}
	return true;
}

void filter_kernel(const struct filter *filter, struct filter_kernel *ret)
{
	ret->count = 0;
	for (size_t i = 0; i < filter->nr_clauses && ret->count < FILTER_KERNEL_CONDITIONS; i++) {
		if (make_condition(&filter->clauses[i], &ret->conditions[ret->count]))
			ret->count++;
	}
}
