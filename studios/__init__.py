"""Innovation studios (创新工作室): recognition, plaques, achievements, yearly review.

A Studio (工作室) has one current leader (负责人), members, and a Recognition (认定) for each level it holds. A Campaign
(认定批次) takes Applications (申报) from union bodies; a PlaqueCeremony (授牌仪式) gives plaques. Achievements (创新成果)
are public only through Achievement.objects.public(). Every studio is reviewed each year (年度考核).
"""
